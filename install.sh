#!/bin/sh
# Installs the executable of scenariolog for this machine, into ~/.local/bin unless told otherwise.
#
#   sh install.sh [--version V] [--to DIR] [--from URL] [--target T]
#
# --from is where the files of a release lie (or SCENARIOLOG_INSTALL_FROM); a release fills in its own. The archive's
# SHA-256 is compared with the release's SHA256SUMS before anything is unpacked. It needs curl or wget, tar with gzip or xz,
# and sha256sum or shasum. It changes no profile and asks for no other user's rights. To uninstall, delete the file.
#
# All of it is one function that the last line calls, so that a download which is cut off runs nothing.

scenariolog_install() {
  set -eu
  release_url='' # the release job fills this in
  release_version='' # and this
  from=${SCENARIOLOG_INSTALL_FROM:-$release_url}
  version=${SCENARIOLOG_INSTALL_VERSION:-$release_version}
  to=${SCENARIOLOG_INSTALL_TO:-}
  target=''
  while [ $# -gt 0 ]; do
    case $1 in
      --version | --to | --from | --target)
        [ $# -gt 1 ] || fail "$1 needs a value"
        case $1 in
          --version) version=$2 ;;
          --to) to=$2 ;;
          --from) from=$2 ;;
          --target) target=$2 ;;
        esac
        shift 2
        ;;
      --version=*) version=${1#*=}; shift ;;
      --to=*) to=${1#*=}; shift ;;
      --from=*) from=${1#*=}; shift ;;
      --target=*) target=${1#*=}; shift ;;
      -h | --help) usage; return 0 ;;
      *) fail "unknown argument $1; the arguments are --version, --to, --from and --target" ;;
    esac
  done
  [ -n "$from" ] || fail 'nothing says where the release is; give --from URL'
  [ -n "$to" ] || to=${HOME:?HOME is not set; give --to DIR}/.local/bin
  [ -n "$target" ] || target=$(this_target)
  from=${from%/}

  work=$(mktemp -d "${TMPDIR:-/tmp}/scenariolog-install.XXXXXX") || fail 'no temporary directory can be made'
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  fetch "$from/SHA256SUMS" "$work/SHA256SUMS" || fail "$from/SHA256SUMS cannot be downloaded"
  [ -n "$version" ] || version=$(newest_version "$work/SHA256SUMS" "$target")
  [ -n "$version" ] || fail "the release at $from has no executable for $target"
  name=scenariolog-$version-$target
  archive=''
  for extension in tar.xz tar.gz; do
    sum=$(sum_of "$work/SHA256SUMS" "$name.$extension")
    [ -n "$sum" ] || continue
    [ "$extension" = tar.gz ] || command -v xz >/dev/null 2>&1 || continue
    archive=$name.$extension
    break
  done
  [ -n "$archive" ] || fail "the release at $from has no $name"

  fetch "$from/$archive" "$work/$archive" || fail "$from/$archive cannot be downloaded"
  found=$(sha256 "$work/$archive")
  [ "$found" = "$sum" ] || fail "$archive is not what SHA256SUMS says: its SHA-256 is $found, not $sum; nothing was installed"
  case $archive in
    *.xz) xz -dc "$work/$archive" >"$work/archive.tar" ;;
    *) gzip -dc "$work/$archive" >"$work/archive.tar" ;;
  esac || fail "$archive cannot be unpacked; is the disk of $work full?"
  (cd "$work" && tar -xf archive.tar "$name/scenariolog") || fail "$archive cannot be unpacked; is the disk of $work full?"

  mkdir -p "$to" || fail "$to cannot be made"
  # Copied beside the old one and renamed: whoever runs the old one goes on with it.
  new=$to/.scenariolog.$$
  if ! { cp "$work/$name/scenariolog" "$new" && chmod 755 "$new" && mv -f "$new" "$to/scenariolog"; }; then
    rm -f "$new"
    fail "$to/scenariolog cannot be written; is the disk full, or the directory another user's?"
  fi
  said=$("$to/scenariolog" --version 2>&1) || fail "$to/scenariolog is installed, but does not start: $said"
  printf '%s is installed as %s\n' "$said" "$to/scenariolog"
  case :$PATH: in
    *:"$to":*) ;;
    *) printf 'It is not on your PATH yet: export PATH="%s:%sPATH"\n' "$to" '$' ;;
  esac
}

usage() {
  cat <<'END'
sh install.sh [--version V] [--to DIR] [--from URL] [--target T]

  --version V   the version to install; the newest of the release by default
  --to DIR      where the executable goes; ~/.local/bin by default
  --from URL    where the files of a release lie
  --target T    linux-x64, linux-arm64, linux-x64-musl, linux-arm64-musl, darwin-x64 or darwin-arm64; this machine's by default
END
}

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit 1
}

# As the release names it. Windows has the npm package, and an archive to unpack by hand.
this_target() {
  system=$(uname -s)
  machine=$(uname -m)
  case $machine in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) fail "there is no executable for the processor $machine" ;;
  esac
  case $system in
    Linux)
      musl=''
      for loader in /lib/ld-musl-*.so.1; do
        [ -e "$loader" ] && [ ! -e /lib64/ld-linux-x86-64.so.2 ] && [ ! -e /lib/ld-linux-aarch64.so.1 ] && musl=-musl
      done
      printf 'linux-%s%s\n' "$machine" "$musl"
      ;;
    Darwin)
      # Under Rosetta uname says x86_64 of a processor that is not.
      [ "$(sysctl -n sysctl.proc_translated 2>/dev/null || :)" = 1 ] && machine=arm64
      printf 'darwin-%s\n' "$machine"
      ;;
    *) fail "there is no executable for the system $system" ;;
  esac
}

fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl -fsSL --retry 2 -o "$2" "$1"
  elif command -v wget >/dev/null 2>&1; then
    wget -q -O "$2" "$1"
  else
    fail 'neither curl nor wget is installed'
  fi
}

sum_of() {
  while read -r sum name; do
    if [ "${name#\*}" = "$2" ]; then
      printf '%s\n' "$sum"
      return 0
    fi
  done <"$1"
}

newest_version() {
  while read -r _ name; do
    case $name in
      scenariolog-*-"$2".tar.gz)
        name=${name#scenariolog-}
        printf '%s\n' "${name%-"$2".tar.gz}"
        ;;
    esac
  done <"$1" | sort -t. -k1,1n -k2,2n -k3,3n | tail -n 1
}

sha256() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  else
    fail 'neither sha256sum nor shasum is installed'
  fi
}

scenariolog_install "$@"
