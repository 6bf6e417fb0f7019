# SPDX-License-Identifier: Apache-2.0
# Sourced by the other scripts: the Debian packages that Ashlar is built and tested with, installed where missing.
# Needs neither network nor root when all of them are there.

build_packages=(build-essential clang-19 lld-19 libclang-rt-19-dev cmake ninja-build pkg-config ccache
  libboost1.81-dev libssl-dev libfyaml-dev libsimdjson-dev libsqlite3-dev libre2-dev libutf8proc-dev libidn2-dev
  libcli11-dev libfmt-dev libnghttp2-dev libdeflate-dev libbrotli-dev libzstd-dev libhowardhinnant-date-dev
  libargon2-dev libzxcvbn-dev libcurl4-openssl-dev libhiredis-dev libpq-dev)
test_packages=(libgtest-dev libgmock-dev python3 python3-pytest python3-yaml sqlite3 curl strace llvm-19 git
  openssl nghttp2-client prometheus python3-jsonschema python3-h2 python3-aiosmtpd python3-cryptography zstd brotli
  redis-server chromium fonts-dejavu-core postgresql pgbouncer)
web_packages=(nodejs npm)  # where no other npm is at hand
format_packages=(clang-format-19)
bench_packages=(wrk nginx-light python3 sqlite3 util-linux)

# missing PACKAGE... prints those that are not installed.
missing() {
  local package
  for package in "$@"; do
    case "$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null)" in
      "install ok installed" | "hold ok installed") ;;
      *) echo "$package" ;;
    esac
  done
}

# as_root COMMAND... runs it as root, by sudo where we are not.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# apt_install PACKAGE... without questions and without what is only recommended.
apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
    install -y --no-install-recommends "$@"
}

# need PACKAGE... installs what is missing, or says what to do and returns 1.
need() {
  local absent
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "not a Debian system: taking it that these are installed in some form: $*" >&2
    return 0
  fi
  mapfile -t absent < <(missing "$@")
  [ ${#absent[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    echo "missing, and neither root nor sudo is at hand; run as root: apt-get install ${absent[*]}" >&2
    return 1
  fi
  if [[ " ${absent[*]} " == *" libboost1.81-dev "* ]] && [ -z "$(missing libboost1.74-dev)" ]; then
    echo "libboost1.81-dev takes the place of libboost1.74-dev: Debian lets only one of them be installed" >&2
  fi
  echo "installing ${absent[*]}" >&2
  {
    as_root apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 update -q ||
      echo "apt-get update failed: trying with the package lists that are there" >&2
    apt_install "${absent[@]}"
  } >&2
}

# fetch_npm FOLDER LOSS brings the packages that the folder's lock file names, where npm is at hand; without them the
# rest goes on, and LOSS is told.
fetch_npm() {
  command -v npm >/dev/null || return 0
  [ ! "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ] || return 0
  local log
  if ! log="$(cd "$1" && npm ci --ignore-scripts --no-audit --no-fund 2>&1)"; then
    printf '%s\nnpm ci in %s/ failed: %s\n' "$log" "$1" "$2" >&2
    rm -rf "$1/node_modules"
  fi
}

# fetch_web brings what the reference page is made of: without it the binary is built all the same, and /docs says that
# it is not there.
fetch_web() {
  fetch_npm web "the binary is built without the reference page"
}

# fetch_fastify brings what the benchmark's Node server is made of. Scripts of packages stay off but for that of
# better-sqlite3, which takes a binary that its makers built or, where that is out of reach, compiles one with the
# headers that came with Node.
fetch_fastify() {
  local folder=bench/fastify log prefix
  fetch_npm "$folder" "there is nothing to measure Fastify by"
  [ ! -e "$folder/node_modules/better-sqlite3/build/Release/better_sqlite3.node" ] || return 0
  prefix="$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")"
  [ -e "$prefix/include/node/node.h" ] || prefix=""
  if ! log="$(cd "$folder" && npm_config_nodedir="$prefix" npm rebuild better-sqlite3 --foreground-scripts 2>&1)"; then
    printf '%s\nbetter-sqlite3 can neither be fetched nor built\n' "$log" >&2
    return 1
  fi
}
