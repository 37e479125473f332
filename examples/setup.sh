# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# What examples/quickstart and tests/run share: the packages that the project
# needs, and the build. Sourced, in the root of the project.

# Why each is needed: docs/dependencies.md
build_packages=(
  gcc libc6-dev meson ninja-build pkgconf
  libglib2.0-dev libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
  liborc-0.4-dev liborc-0.4-dev-bin
)
run_packages=(
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-ugly gstreamer1.0-libav gstreamer1.0-x gstreamer1.0-gl
  python3-gi gir1.2-gstreamer-1.0
)
test_packages=(
  python3-numpy python3-pil python3-torch
  gir1.2-gst-plugins-base-1.0 gir1.2-gst-plugins-bad-1.0 gir1.2-gst-rtsp-server-1.0
  gstreamer1.0-plugins-bad gstreamer1.0-nice
  xvfb iproute2
)
# To run the kernels as other CPUs do; Debian has the cross compilers on x86-64.
emulator_packages=(
  gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-i686-linux-gnu libc6-dev-i386-cross
  gcc-s390x-linux-gnu libc6-dev-s390x-cross gcc-riscv64-linux-gnu libc6-dev-riscv64-cross
  qemu-user
)

fail () {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# quietly WHAT COMMAND…: output is shown only when the command fails.
quietly () {
  local what=$1 output
  shift
  if ! output=$("$@" 2>&1 </dev/null); then
    printf '%s\n' "$output" >&2
    printf '%s: %s failed\n' "${0##*/}" "$what" >&2
    return 1
  fi
}

on_debian () {
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null
}

# Those of the packages that are not installed, one a line.
missing_packages () {
  local installed
  # dpkg-query fails where it has never heard of one of them.
  installed=$({ dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true; } |
    sed -n 's/^installed //p' | sort -u)
  comm -23 <(printf '%s\n' "$@" | sort -u) <(printf '%s\n' "$installed")
}

# Root, or a sudo that asks for no password.
may_install () {
  [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null
}

# What it said is shown down to its errors, and only where it fails.
apt () {
  local root=() output
  [ "$(id -u)" -eq 0 ] || root=(sudo -n)
  output=$("${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=300 "$@" 2>&1 </dev/null) && return
  grep -m 3 '^E:' <<<"$output" >&2 || tail -n 3 <<<"$output" >&2
  printf '%s: apt-get %s failed\n' "${0##*/}" "$1" >&2
  return 1
}

# Installs what is missing of the packages, or names it and how to install it.
install_packages () {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if may_install; then
    printf 'Installing %s\n' "${missing[*]}"
    # Without network: with the lists that are there, if there are any.
    apt update || true
    apt install -y --no-install-recommends "${missing[@]}" && return
  fi
  printf 'Not installed: %s\nTo install them:\n  sudo apt-get install --no-install-recommends %s\n' \
    "${missing[*]}" "${missing[*]}" >&2
  return 1
}

# What the build cannot do without, one a line, of what is not there.
missing_tools () {
  local tool library
  for tool in cc meson ninja pkg-config gst-launch-1.0; do
    command -v "$tool" >/dev/null || printf '%s\n' "$tool"
  done
  for library in 'glib-2.0 >= 2.74' 'gstreamer-video-1.0 >= 1.22'; do
    pkg-config --exists "$library" 2>/dev/null || printf '%s\n' "$library"
  done
}

# Elsewhere than on Debian nothing is installed: says what is not there.
check_tools () {
  local missing
  mapfile -t missing < <(missing_tools)
  [ ${#missing[@]} -eq 0 ] || fail "this is not Debian, so nothing is installed by itself.
Missing: $(printf '%s, ' "${missing[@]}" | sed 's/, $//')
Needed are a C compiler, meson >= 1.0, ninja, pkg-config, GLib >= 2.74 and
GStreamer >= 1.22 with its development files, its base, good, ugly and libav plugins
and its tools; ORC (with orcc) makes it faster."
}

prepare () {
  if ! on_debian; then
    check_tools
  elif ! install_packages "${build_packages[@]}" "${run_packages[@]}"; then
    [ -z "$(missing_tools)" ] || fail "cannot build without $(missing_tools | paste -sd, | sed 's/,/, /g')"
    printf 'Going on with what is there.\n' >&2
  fi
}

# build [TARGET…], in build/
build () {
  if [ ! -f build/build.ninja ]; then
    quietly 'meson setup' meson setup build || exit 1
  fi
  printf 'Building\n'
  quietly 'the build' meson compile -C build "$@" || exit 1
}

# Lets GStreamer see the plugin that was just built, and the user's registry alone.
use_built_plugin () {
  export GST_PLUGIN_PATH=$PWD/build/gst-plugin${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}
  export GST_REGISTRY=$PWD/build/gst-registry.bin
}
