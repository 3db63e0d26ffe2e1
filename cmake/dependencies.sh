#!/usr/bin/env bash
# dependencies.sh build|test|lint...: sees to it that what these need is there.
#
# Where something is missing, it is installed from Debian's packages, through sudo when not root; without apt-get the packages are listed and
# the exit status is 1. Prints nothing when nothing is missing.
set -euo pipefail

# What there must be, as Debian package:command or Debian package:<header>.
build="g++:${CXX:-g++} cmake:cmake ninja-build:ninja libhwy-dev:<hwy/highway.h> libdnnl-dev:<dnnl.hpp> libcli11-dev:<CLI/CLI.hpp>
  nlohmann-json3-dev:<nlohmann/json.hpp> libfmt-dev:<fmt/format.h> libtomlplusplus-dev:<toml++/toml.h> zlib1g-dev:<zlib.h>"
test="libgtest-dev:<gtest/gtest.h> libgmock-dev:<gmock/gmock.h> librapidcheck-dev:<rapidcheck.h> libmpfr-dev:<mpfr.h>"
lint="clang-format:clang-format clang-tidy:clang-tidy"
# What serves but may be absent where there is no apt-get, as Debian package:path.
optional="ccache:$(command -v ccache || echo /usr/bin/ccache) dataset-fashion-mnist:/usr/share/datasets/fashion-mnist"

# The packages of those needs, given as arguments, that are not met.
missing() {
  local need headers=""
  for need; do
    case $need in
      *:\<*) headers+="#if !__has_include(${need#*:})"$'\n'"\"${need%%:*}\""$'\n'"#endif"$'\n' ;;
      *:/*) [ -e "${need#*:}" ] || echo "${need%%:*}" ;;
      *) command -v "${need#*:}" >/dev/null || echo "${need%%:*}" ;;
    esac
  done
  if command -v "${CXX:-g++}" >/dev/null; then
    "${CXX:-g++}" -E -P -x c++ - <<<"$headers" | tr -d '"'
  else
    sed -n 's/^"\(.*\)"$/\1/p' <<<"$headers"
  fi
}

needs=""
for purpose; do
  case $purpose in
    build | test | lint) needs+=" ${!purpose}" ;;
    *) echo "dependencies.sh: unknown purpose '$purpose'; there are build test lint" >&2 && exit 2 ;;
  esac
done
required=$(missing $needs)
packages=$required
if [[ " $* " == *" build "* ]] && command -v apt-get >/dev/null; then packages=$(missing $needs $optional); fi
[ -z "$packages" ] && exit 0
packages=$(sort -u <<<"$packages" | tr '\n' ' ')

as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
if ! command -v apt-get >/dev/null || ! command -v "${as_root[0]:-true}" >/dev/null; then
  [ -z "$required" ] && exit 0  # it works without the rest
  printf 'Missing, by the names of their Debian packages: %s\nInstall them and run this again.\n' "$packages" >&2
  exit 1
fi

echo "installing $packages" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" >>"$log" 2>&1 </dev/null; }
install() { apt install --yes --no-install-recommends $packages; }
# The lists of packages are fetched only where they are missing or too old to install from.
if ! install && ! { apt update && install; }; then
  cat "$log" >&2
  exit 1
fi
