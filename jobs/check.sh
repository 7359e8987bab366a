#!/usr/bin/env bash
# Checks the sources: formats, scripts, Python, links of the documents, and clang-tidy, warnings as
# errors. Says all that it finds, then fails.
#
#   bash jobs/check.sh              all of these; clang-tidy takes many minutes, and a configured build
#   bash jobs/check.sh --fast       without clang-tidy: what CI runs
#   bash jobs/check.sh --sanitize   also the unit tests under the address and undefined-behaviour
#                                   sanitizers, built in build/asan
#
# `bash jobs/setup.sh --tests` installs what it calls. A path after the options restricts clang-tidy:
# `bash jobs/check.sh lib/storage`.
set -euo pipefail
cd "$(dirname "$0")/.."
. jobs/common.sh

fast=0 sanitize=0 where=()
for argument in "$@"; do
  case $argument in
    --fast) fast=1 ;;
    --sanitize) sanitize=1 ;;
    -*) fail "unknown option $argument; there are --fast and --sanitize" ;;
    *)
      [ -e "$argument" ] || fail "there is no $argument"
      where+=("$argument")
      ;;
  esac
done
[ ${#where[@]} -gt 0 ] || where=(lib drivers tests)

failed=()
# check NAME COMMAND ...
check() {
  local name=$1
  shift
  say "$name"
  "$@" || failed+=("$name")
}

# sources PATTERN ...: of the checkout, or of an unpacked archive.
sources() {
  git ls-files --cached --others --exclude-standard -- "$@" 2>/dev/null |
    while read -r file; do if [ -f "$file" ]; then printf '%s\n' "$file"; fi; done
}

# Other versions lay the same style out differently: without this one, which not every distribution
# has, formats stay unchecked.
format() {
  local program
  for program in clang-format-14 clang-format; do
    if [[ $($program --version 2>/dev/null) == *"version 14."* ]]; then
      sources '*.cpp' '*.hpp' | xargs "$program" --dry-run --Werror
      return
    fi
  done
  say "not checked: clang-format 14 is not here"
}

scripts() { sources '*.sh' '*.sbatch' '.ci/run' | xargs shellcheck; }

python_style() {
  local candidate
  for candidate in "$(find_python)" /usr/bin/python3; do
    if "$candidate" -c 'import flake8' 2>/dev/null; then
      sources '*.py' | xargs "$candidate" -m flake8
      return
    fi
  done
  echo "needs a Python with flake8" >&2
  return 1
}

links() { sources '*.md' | xargs "$(find_python)" tests/documents/check_links.py; }

tidy() {
  local folders
  configure release >/dev/null
  # Headers that only the build makes.
  cmake --build "$EIGENPROP_BUILD" --target eigenprop_commit >/dev/null
  folders=$(IFS='|' && printf '%s' "${where[*]%/}")
  run-clang-tidy -quiet -j "${EIGENPROP_JOBS:-$(nproc)}" -p "$EIGENPROP_BUILD" \
    "^$EIGENPROP_SOURCE/($folders)(/|\$)" 2>/dev/null
}

unit_tests() {
  (
    EIGENPROP_BUILD=$EIGENPROP_SOURCE/build/asan
    configure_and_build asan -DEIGENPROP_TESTS=ON
    export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1
    run_tests -LE '^(drivers|peer|torch|slurm|data)$'
  )
}

check "formats of C++" format
check "scripts" scripts
check "style of Python" python_style
check "links of the documents" links
[ $fast = 1 ] || check "clang-tidy of ${where[*]}" tidy
[ $sanitize = 0 ] || check "unit tests under the sanitizers" unit_tests
[ ${#failed[@]} = 0 ] || fail "not clean: $(IFS=, && printf '%s' "${failed[*]}")"
say "clean"
