# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
#
# Debian in a folder, for the tests that build and run the project on other releases
# than the host's. Sourced; the functions need root. Mounts are made in a namespace of
# their own and go with it, however the command ends.

# Where the chroots stay, to be used again: a few GB each.
chroots=${ECBSR_CHROOTS:-${XDG_CACHE_HOME:-$HOME/.cache}/gst-ecbsr/chroots}
debian_mirror=${ECBSR_DEBIAN_MIRROR:-http://deb.debian.org/debian}

# isolated COMMAND…: sees the mounts and processes of here, and leaves none behind, not
# even when this shell is killed: unshare itself takes no other signal.
isolated () {
  setpriv --pdeathsig KILL unshare --mount --propagation private \
    --pid --fork --kill-child -- "$@" </dev/null &
  wait $!
}

# logged FILE COMMAND…: the output goes to FILE and is shown if the command fails. Not
# quietly(), whose subshell outlives a shell that is killed.
logged () {
  local file=$1 status=0
  shift
  "$@" >"$file" 2>&1 || status=$?
  [ "$status" -eq 0 ] || cat "$file" >&2
  return "$status"
}

# Says what is missing and fails, where chroots cannot be had.
chroot_check () {
  local tool missing=()
  [ "$(id -u)" -eq 0 ] || { printf 'root is needed (chroot, mount)\n' >&2; return 1; }
  for tool in debootstrap unshare setpriv git; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  [ ${#missing[@]} -eq 0 ] ||
    { printf 'not installed: %s\n' "${missing[*]}" >&2; return 1; }
  isolated true || { printf 'no namespaces here, so no chroot\n' >&2; return 1; }
}

# A folder appears under its name only when it is whole.
chroot_place () {
  local folder=$1
  shift
  rm -rf --one-file-system "$folder.partial"
  "$@" && mv "$folder.partial" "$folder"
}

# chroot_bootstrap SUITE NAME [ARCHITECTURE]
chroot_bootstrap () {
  chroot_place "$chroots/$2" isolated debootstrap --variant=minbase ${3:+"--arch=$3"} \
    "$1" "$chroots/$2.partial" "$debian_mirror"
}

chroot_copy () {
  chroot_place "$chroots/$2" cp -a --reflink=auto "$chroots/$1" "$chroots/$2.partial"
}

# chroot_make SUITE NAME [ARCHITECTURE]: a minimal Debian SUITE (bookworm, trixie, sid) in
# $chroots/NAME, unless it is there; of another ARCHITECTURE than this machine's where the
# kernel has an emulator for it. $chroots/SUITE, or SUITE-ARCHITECTURE, is kept as
# debootstrap left it, so that the next one is a copy. For something new each time:
# chroot_remove first.
chroot_make () {
  local status=0 lock base=$1${3:+-$3}
  mkdir -p "$chroots"
  exec {lock}>"$chroots/$base.lock"
  flock "$lock"
  { [ -d "$chroots/$base" ] || chroot_bootstrap "$1" "$base" "${3-}"; } &&
    { [ -d "$chroots/$2" ] || chroot_copy "$base" "$2"; } || status=1
  exec {lock}>&-
  return "$status"
}

chroot_remove () {
  rm -rf --one-file-system "${chroots:?}/${1:?}"
}

# Run inside the namespace, before the root changes. $1: the chroot; then pairs
# SOURCE TARGET of folders to show read-only in it, up to --.
chroot_enter='
  set -euo pipefail
  root=$1
  shift
  mount --bind "$root" "$root" # so that / is a mount in there, as ip-netns wants it
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount -t proc proc "$root/proc"
  mount -t sysfs sysfs "$root/sys"
  mount -t tmpfs tmpfs "$root/run"
  while [ "$1" != -- ]; do
    mkdir -p "$root$2"
    mount --bind -o ro "$1" "$root$2"
    shift 2
  done
  shift
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  exec chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root LANG=C.UTF-8 TERM=dumb DEBIAN_FRONTEND=noninteractive "$@"
'

# chroot_run NAME [SOURCE TARGET]… -- COMMAND…: runs the command as root in
# $chroots/NAME, with network, /proc, /sys, /dev, an empty /run and no variable of the
# caller's; folders SOURCE of the host are at TARGET, read-only. Its status is the
# command's. One command at a time in each chroot; others wait.
chroot_run () {
  local name=$1 status=0 lock
  shift
  exec {lock}>"$chroots/$name.lock"
  flock "$lock"
  isolated bash -c "$chroot_enter" chroot "$chroots/$name" "$@" {lock}>&- || status=$?
  exec {lock}>&-
  return "$status"
}

# chroot_clone NAME FOLDER: what is committed of the project that the caller is in,
# as a clone in FOLDER of the chroot. Of one that is there only what has changed is
# written, so that a build goes on from the last.
chroot_clone () {
  local target=$chroots/$1$2 git=(git -c safe.directory='*' -c advice.detachedHead=false)
  [ -d "$target/.git" ] || "${git[@]}" init -q "$target"
  "${git[@]}" -C "$target" fetch -q --depth=1 "file://$PWD" HEAD &&
    "${git[@]}" -C "$target" checkout -q --force FETCH_HEAD &&
    "${git[@]}" -C "$target" clean -qfd
}
