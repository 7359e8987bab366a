#!/usr/bin/env bash
# Installs what is missing: Debian packages, and Kokkos in this order: one named by Kokkos_ROOT or
# Kokkos_DIR, the distribution's libkokkos-dev, a build from the Debian source package of Trilinos
# into a cache outside the checkout (EIGENPROP_CACHE). Idempotent.
#
#   bash jobs/setup.sh           what the programs need
#   bash jobs/setup.sh --tests   also what only the tests and jobs/check.sh need
set -euo pipefail
. "$(dirname "$0")/common.sh"

packages=(g++ cmake ninja-build pkg-config git libopenmpi-dev openmpi-bin petsc-dev slepc-dev
  libhdf5-openmpi-dev hdf5-tools libopenblas-dev libcli11-dev libtomlplusplus-dev libspdlog-dev
  librandom123-dev libmatio-dev liblemon-dev python3-h5py python3-scipy python3-matplotlib python3-pil)
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev libpmix-dev slurmctld slurmd slurm-client munge iproute2
  python3-mpmath python3-opencv)
check_packages=(shellcheck clang-format clang-tidy libomp-dev python3-flake8)
# Peers that results are compared with; tests skip without them, and not every release has them.
peer_packages=(python3-torch python3-torchvision python3-sklearn python3-xarray python3-h5netcdf
  python3-netcdf4)

mkdir -p "$EIGENPROP_CACHE"
log=$EIGENPROP_CACHE/setup.log

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "missing packages, and neither root nor sudo: $*"
  fi
}

install_packages() {
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  if [ ${#missing[@]} = 0 ]; then
    say "all packages are installed"
    return
  fi
  say "installing ${#missing[@]} packages (details in $log)"
  as_root apt-get update >>"$log" 2>&1
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 ||
    fail "apt-get install failed; see $log"
}

in_distribution() {
  apt-cache show "$1" >/dev/null 2>&1
}

build_kokkos() {
  local work source prefix=$EIGENPROP_CACHE/kokkos
  say "building Kokkos from Debian's source package (details in $log)"
  work=$(mktemp -d)
  (
    cd "$work"
    mkdir -p lists/partial
    # A source entry for each binary one, in a configuration of our own: the system's stays as it is.
    local uri suite
    suite=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
    # shellcheck disable=SC2016
    uri=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' |
      awk -v suite="$suite" '$2 == suite { print $1; exit }')
    printf 'deb-src %s %s main\n' "$uri" "$suite" >sources.list
    local apt=(apt-get -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
      -o "Dir::State::lists=$work/lists" -o APT::Sandbox::User=root)
    "${apt[@]}" update
    "${apt[@]}" source --download-only trilinos
    tar xzf trilinos_*.orig.tar.gz --wildcards '*/packages/kokkos/*'
    source=$(echo "$work"/*/packages/kokkos)
    cmake -S "$source" -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_STANDARD=17 \
      -DKokkos_ENABLE_OPENMP=ON -DKokkos_ENABLE_SERIAL=ON -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
      -DCMAKE_INSTALL_PREFIX="$prefix.new"
    cmake --build build --target install
  ) >>"$log" 2>&1 || fail "the build of Kokkos failed; see $log"
  rm -rf "$work" "$prefix"
  # Under its final name only when complete.
  mv "$prefix.new" "$prefix"
}

if command -v apt-get >/dev/null; then
  wanted=("${packages[@]}")
  [ "${1:-}" = --tests ] && wanted+=("${test_packages[@]}" "${check_packages[@]}")
  install_packages "${wanted[@]}"
  if [ "${1:-}" = --tests ]; then
    wanted=()
    for package in "${peer_packages[@]}"; do
      if in_distribution "$package"; then wanted+=("$package"); fi
    done
    install_packages "${wanted[@]}"
  fi
else
  say "no apt-get here: taking compilers and libraries as the site provides them"
fi

if [ -n "${Kokkos_ROOT:-}${Kokkos_DIR:-}" ]; then
  say "using Kokkos in ${Kokkos_ROOT:-$Kokkos_DIR}"
elif command -v apt-get >/dev/null && in_distribution libkokkos-dev; then
  install_packages libkokkos-dev
elif command -v apt-get >/dev/null; then
  build_kokkos
else
  fail "no Kokkos: set Kokkos_ROOT"
fi
