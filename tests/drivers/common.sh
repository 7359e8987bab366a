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
# A single process starts no daemon of Open MPI, which takes longer than a short run. Such processes
# share one folder for their session and take it away from each other: every test has its own, and runs
# one of them at a time.
mkdir "$work/.mpi"
export OMPI_MCA_ess_singleton_isolated=1 OMPI_MCA_orte_tmpdir_base=$work/.mpi

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

# Forty points of two classes with targets, and every kind of file of their embeddings: points.h5,
# embedding{_run,_c,}.h5, tsne_run.h5, tsne_c.h5, places.h5.
embed_points() {
  "$python" - <<'DATA'
import numpy as np

rows = np.random.default_rng(1)
np.savez("points.npz", features=rows.normal(size=(40, 6)), labels=np.arange(40) % 2,
         targets=rows.normal(size=(40, 2)))
DATA
  "$python" "$source/analysis/pack_points.py" --npz points.npz --output points.h5 >/dev/null
  "$bin/train_embedding" --data points.h5 --model.dimensions 2 --train.iterations 2 --log off \
    --output embedding_run.h5 --checkpoint embedding_c.h5
  "$bin/evaluate_embedding" --train points.h5 --test points.h5 --checkpoint embedding_c.h5 \
    --output embedding.h5 >/dev/null
  "$bin/embed_tsne" --data points.h5 --model.perplexity 5 --train.iterations 2 --log off \
    --output tsne_run.h5 --checkpoint tsne_c.h5 --embedding places.h5
}

# losses RUN_FILE: one a line, with all digits.
losses() {
  "$python" -c 'import h5py, sys
with h5py.File(sys.argv[1]) as f:
    print("\n".join("%.17g" % v for v in f["metrics/train/objective"][:]))' "$1"
}

# same_training OBJECTIVES WEIGHTS REFERENCE OTHER ...: trainings NAME.h5 with checkpoints NAME_c.h5 are
# the same up to these relative differences; 0: to the bit.
same_training() { "$python" "$source/tests/drivers/compare_runs.py" "$@"; }

# start_ranks N COMMAND ...: run_ranks in the background. Sets launcher, the launcher's process; each
# rank's process writes its number to the file `ranks`.
start_ranks() {
  local launch
  set_launcher "$1"
  shift
  : >ranks
  # shellcheck disable=SC2016
  "${launch[@]}" bash -c 'echo $$ >>ranks; exec "$@"' rank "$@" &
  launcher=$!
}

# wait_for_steps RUN_FILE N: until it holds as many; fails where the launcher ends before.
wait_for_steps() {
  until [ -s "$1" ] && [ "$(losses "$1" 2>/dev/null | wc -l)" -ge "$2" ]; do
    kill -0 "$launcher" 2>/dev/null || {
      echo "FAILED: the run ended before $1 held $2 steps"
      exit 1
    }
    sleep 0.05
  done
}

# stop_ranks: SIGUSR1 to the launcher; the run must end with status 85.
stop_ranks() {
  local status=0
  kill -USR1 "$launcher"
  wait "$launcher" || status=$?
  [ $status = 85 ] || {
    echo "FAILED: status $status after SIGUSR1, not 85"
    exit 1
  }
}

# expect_failure TEXT COMMAND ...: the command fails and says TEXT.
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

# expect_one_line TEXT COMMAND ...: the same, and it says nothing else.
expect_one_line() {
  expect_failure "$@"
  [ "$(wc -l <output.txt)" = 1 ] || { cat output.txt; echo "FAILED: more than one line: $*"; exit 1; }
}
