# shellcheck shell=bash
# Sourced by the tests of whole programs: sets bin, source, work and python.
# shellcheck disable=SC2034
set -euo pipefail
build=$1
source=$2
bin=$build/bin
. "$source/jobs/common.sh"
export OMP_NUM_THREADS=1
python=$(find_python)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# find_peer MODULES: a Python that has these, comma-separated, and h5py; fails where there is none.
find_peer() {
  local candidate
  for candidate in "$python" /usr/bin/python3; do
    if "$candidate" -c "import h5py, $1" 2>/dev/null; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

# Twelve small scenes, and a run that takes a few seconds.
make_scenes() {
  "$python" "$source/analysis/make_scenes.py" --count 12 --height 48 --width 64 --seed 3 \
    --output scenes.h5 >/dev/null
}
quick=(--config "$source/drivers/configurations/ncuts_scenes.toml" --data scenes.h5
  --view.long_side 64 --view.short_side 48 --train.epochs 7 --train.batch 4 --log off)

# losses RUN_FILE: one a line, with all digits.
losses() {
  "$python" -c 'import h5py, sys
with h5py.File(sys.argv[1]) as f:
    print("\n".join("%.17g" % v for v in f["metrics/train/objective"][:]))' "$1"
}

# expect_failure TEXT COMMAND ...: the command fails and says TEXT on one line.
expect_failure() {
  local text=$1
  shift
  if "$@" >output.txt 2>&1; then
    cat output.txt
    echo "FAILED: no error from: $*"
    exit 1
  fi
  if ! grep -qF -- "$text" output.txt; then
    cat output.txt
    echo "FAILED: expected '$text' from: $*"
    exit 1
  fi
}
