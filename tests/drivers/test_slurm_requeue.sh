# shellcheck shell=bash
# Submits the job script to a one-node Slurm, lets the signal hit it, and sees it finish after the
# requeue with the losses of an uninterrupted run.
. "$(dirname "$0")/common.sh"
status=0
bash "$source/jobs/local_slurm.sh" start "$work/slurm" || status=$?
[ $status != 77 ] || exit 77
[ $status = 0 ]
trap 'bash "$source/jobs/local_slurm.sh" stop "$work/slurm"; rm -rf "$work"' EXIT
export SLURM_CONF=$work/slurm/slurm.conf
export EIGENPROP_CHECKOUT=$source EIGENPROP_BUILD=$build

make_scenes
options=(--view.long_side 64 --view.short_side 48 --train.epochs 150 --train.batch 4 --log off
  --checkpoint_steps 1000)
config=$source/drivers/configurations/ncuts_scenes.toml
run_ranks 2 "$bin/train_ncuts" --config "$config" --data scenes.h5 "${options[@]}" \
  --output whole.h5 --checkpoint whole_c.h5

job=$(sbatch --parsable "$source/jobs/train_ncuts.sbatch" "$config" "$work/scenes.h5" \
  "$work/results" "${options[@]}")
for _ in $(seq 150); do
  if [ -s results/checkpoint.h5 ]; then break; fi
  sleep 0.2
done
# A few steps into the training.
sleep 2
scancel --batch --signal=USR1 "$job"
for _ in $(seq 600); do
  state=$(scontrol -o show job "$job" | sed 's/.*JobState=\([A-Z]*\).*/\1/')
  case $state in COMPLETED | FAILED | CANCELLED | TIMEOUT) break ;; esac
  sleep 0.2
done
cat ncuts-"$job".log
[ "$state" = COMPLETED ] || { echo "FAILED: the job ended as $state"; exit 1; }
restarts=$(scontrol -o show job "$job" | sed 's/.*Restarts=\([0-9]*\).*/\1/')
[ "$restarts" = 1 ] || { echo "FAILED: $restarts requeues, not 1"; exit 1; }
losses whole.h5 >whole.txt
losses results/run.h5 >requeued.txt
cmp whole.txt requeued.txt
