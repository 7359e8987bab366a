# shellcheck shell=bash
# Submits the job scripts of DeepNCuts and of embeddings to a one-node Slurm, lets the signal hit
# them, and sees them finish after the requeue with the losses of uninterrupted runs.
. "$(dirname "$0")/common.sh"
status=0
bash "$source/jobs/local_slurm.sh" start "$work/slurm" || status=$?
[ $status != 77 ] || exit 77
[ $status = 0 ]
trap 'bash "$source/jobs/local_slurm.sh" stop "$work/slurm"; rm -rf "$work"' EXIT
export SLURM_CONF=$work/slurm/slurm.conf
export EIGENPROP_CHECKOUT=$source EIGENPROP_BUILD=$build

# requeued NAME SECONDS: submits a training, signals it so long after its first checkpoint, and
# compares what came of it with NAME_whole.h5. Uses script, driver, data, config and options.
requeued() {
  local job state restarts
  job=$(sbatch --parsable --job-name="$1" "${script[@]}" "$config" "$work/$data" "$work/$1" \
    "${options[@]}")
  for _ in $(seq 600); do
    if [ -s "$1/checkpoint.h5" ]; then break; fi
    sleep 0.2
  done
  [ -s "$1/checkpoint.h5" ] || { echo "FAILED: no checkpoint within two minutes"; exit 1; }
  sleep "$2"
  scancel --batch --signal=USR1 "$job"
  for _ in $(seq 600); do
    state=$(scontrol -o show job "$job" | sed 's/.*JobState=\([A-Z]*\).*/\1/')
    case $state in COMPLETED | FAILED | CANCELLED | TIMEOUT) break ;; esac
    sleep 0.2
  done
  cat "$1-$job.log"
  [ "$state" = COMPLETED ] || { echo "FAILED: the job ended as $state"; exit 1; }
  restarts=$(scontrol -o show job "$job" | sed 's/.*Restarts=\([0-9]*\).*/\1/')
  [ "$restarts" = 1 ] || { echo "FAILED: $restarts requeues, not 1"; exit 1; }
  losses "$1_whole.h5" >whole.txt
  losses "$1/run.h5" >requeued.txt
  cmp whole.txt requeued.txt
}

whole() {
  run_ranks 2 "$bin/$driver" --config "$config" --data "$data" "${options[@]}" \
    --output "$1_whole.h5" --checkpoint whole_c.h5
}

make_scenes
script=("$source/jobs/train_ncuts.sbatch")
driver=train_ncuts data=scenes.h5 config=$source/drivers/configurations/ncuts_scenes.toml
options=(--view.long_side 64 --view.short_side 48 --train.epochs 150 --train.batch 4 --log off
  --checkpoint_steps 1000)
whole ncuts
requeued ncuts 2

"$python" -c 'import numpy as np
labels = np.arange(1000) % 5
features = np.random.default_rng(2).normal(0, 1, (1000, 20))
features[:, 0] += labels
np.savez("points.npz", features=features, labels=labels)'
"$python" "$source/analysis/pack_points.py" --npz points.npz --output points.h5
script=("$source/jobs/train.sbatch" train_embedding)
driver=train_embedding data=points.h5 config=$source/drivers/configurations/linear_nca.toml
options=(--train.method cg --train.iterations 400 --train.restart 10 --log off)
whole embedding
requeued embedding 1
