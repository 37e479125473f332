# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Chroots for arm64; sourced after tests/distributions/chroot.sh.

# In a chroot of amd64: what makes programs and packages for arm64 of the project there.
install_cross='
  set -euo pipefail
  dpkg --configure -a # an earlier run may have been interrupted
  dpkg --add-architecture arm64
  apt-get -qq update
  apt-get -qq -y install --no-install-recommends build-essential crossbuild-essential-arm64 git
  cd /src/gst-ecbsr
  apt-get -qq -y build-dep --no-install-recommends --host-architecture arm64 ./
'

# cross_chroot SUITE: $chroots/SUITE-cross, with what is committed in /src/gst-ecbsr.
cross_chroot () {
  chroot_make "$1" "$1-cross" && chroot_clone "$1-cross" /src/gst-ecbsr &&
    chroot_run "$1-cross" -- bash -c "$install_cross"
}

# Programs of arm64 run in any chroot, or what to do for that is said.
check_emulator () {
  grep -qs '^flags:.*F' /proc/sys/fs/binfmt_misc/qemu-aarch64 && return
  printf 'programs of arm64 do not run here: %s\n' \
    'apt-get install qemu-user-static, with systemd or binfmt-support running' >&2
  return 1
}
