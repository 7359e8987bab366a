# shellcheck shell=bash
# A request to stop at every stage of a run, to one rank or to all: status 85 and a checkpoint that goes
# on, within the time of a unit of work. And SIGTERM as Slurm sends it, to the batch script, mpirun and
# the ranks at once.
. "$(dirname "$0")/common.sh"
make_scenes
# Rates that do not depend on how long a run is meant to be: one goes on with fewer epochs.
long=("${quick[@]}" --train.epochs 400 --train.schedule constant --checkpoint_steps 1000000)
step() { "$python" -c 'import h5py, sys
print(h5py.File(sys.argv[1]).attrs["step"])' "$1"; }

# ended_with STATUS SECONDS: the launcher, after a signal.
ended_with() {
  local status=0 begin=$SECONDS
  wait "$launcher" || status=$?
  [ $status = "$1" ] || { echo "FAILED: status $status, not $1"; exit 1; }
  [ $((SECONDS - begin)) -le "$2" ] || { echo "FAILED: took $((SECONDS - begin)) s"; exit 1; }
}

for ranks in 1 2 3; do
  for signal in TERM USR1; do
    # To one rank only, once this run, not the one before it, has rows.
    rm -f run.h5 run_c.h5
    start_ranks $ranks "$bin/train_ncuts" "${long[@]}" --output run.h5 --checkpoint run_c.h5
    wait_for_steps run.h5 1
    kill -$signal "$(tail -n 1 ranks)"
    ended_with 85 60
    [ "$(step run_c.h5)" = "$(losses run.h5 | wc -l)" ]
  done
done

# While the process starts: before main there is nothing to lose, from there on the request is kept.
start_ranks 2 "$bin/train_ncuts" "${long[@]}" --output early.h5 --checkpoint early_c.h5
until [ -e early.h5.lock ]; do
  kill -0 "$launcher"
  sleep 0.01
done
kill -TERM "$(head -n 1 ranks)"
ended_with 85 60
[ -s early_c.h5 ]

# While test images are scored, a hundred times as many as there are for training.
"$python" "$source/tests/drivers/make_textures.py" train.h5 20 1
"$python" "$source/tests/drivers/make_textures.py" test.h5 4000 2
start_ranks 2 "$bin/train_classifier" --config "$source/drivers/configurations/cifar_o2p.toml" \
  --data train.h5 --test test.h5 --train.epochs 200 --train.batch 20 --train.unit 4 --log off \
  --view.side 14 --output score.h5 --checkpoint score_c.h5
until [ -e score.h5 ]; do
  kill -0 "$launcher"
  sleep 0.05
done
sleep 2
kill -TERM "$(tail -n 1 ranks)"
ended_with 85 60
[ "$("$python" -c 'import h5py
with h5py.File("score.h5") as file:
    print(len(file.get("metrics/test/step", [])))')" -lt 200 ]

# Within the search for the codes of one unit of points, of either kind.
"$python" -c 'import numpy as np
np.savez("points.npz", features=np.random.default_rng(2).normal(0, 1, (6000, 64)))'
"$python" "$source/analysis/pack_points.py" --npz points.npz --output points.h5 >/dev/null
for objective in topographic sparse; do
  map=()
  [ $objective = sparse ] || map=(--model.map 10 10)
  start_ranks 2 "$bin/train_dictionary" --data points.h5 --model.objective $objective \
    --model.atoms 100 "${map[@]}" --train.unit 3000 --train.batch 6000 --codes.iterations 1000000 \
    --codes.tolerance 0 --log off --output codes.h5 --checkpoint codes_c.h5
  until [ -e codes_c.h5 ]; do
    kill -0 "$launcher"
    sleep 0.05
  done
  sleep 2
  kill -TERM "$(tail -n 1 ranks)"
  ended_with 85 15
  [ "$(step codes_c.h5)" = 0 ]
  rm codes.h5 codes_c.h5
done

# As a batch script in a job: the launcher ends its ranks in its own way.
mkdir bin
printf '#!/bin/sh\necho "$@" >>%s/requeued\n' "$work" >bin/scontrol
chmod +x bin/scontrol
cat >batch.sh <<'BATCH'
set -euo pipefail
. "$1/jobs/common.sh"
shift
train_or_requeue train_ncuts "$@"
BATCH
descendants() {
  local child
  for child in $(pgrep -P "$1"); do
    descendants "$child"
    echo "$child"
  done
}
export SLURM_NTASKS=2 SLURM_JOB_ID=17 EIGENPROP_BUILD=$build EIGENPROP_GRACE=20
PATH=$work/bin:$PATH bash batch.sh "$source" "${long[@]}" --output job.h5 --checkpoint job_c.h5 \
  >job.log 2>&1 &
launcher=$!
wait_for_steps job.h5 1
# shellcheck disable=SC2046
kill -TERM "$launcher" $(descendants "$launcher")
ended_with 0 60
grep -q "going back to the queue" job.log
[ "$(cat requeued)" = "requeue 17" ]
steps=$(step job_c.h5)
[ "$steps" -ge 1 ]
[ "$steps" = "$(losses job.h5 | wc -l)" ]
# The requeued job goes on from there.
"$bin/train_ncuts" "${long[@]}" --train.epochs $((steps / 3 + 2)) --output job.h5 \
  --checkpoint job_c.h5 --resume auto
[ "$(step job_c.h5)" -gt "$steps" ]
