# shellcheck shell=bash
# A training on two nodes of a Slurm, each of which is lost once: first the other one, which only the job's
# script sees, then that of the script, which only Slurm can see. Both times it goes back to the queue and
# goes on from its last checkpoint, to the losses of a run that nothing has stopped.
. "$(dirname "$0")/common.sh"
slurm=$work/slurm
cluster() { bash "$source/jobs/local_slurm.sh" "$@"; }
status=0
EIGENPROP_SLURM_NODES=2 cluster start "$slurm" || status=$?
[ $status != 77 ] || exit 77
[ $status = 0 ]
trap 'cluster stop "$slurm"; rm -rf "$work"' EXIT
export EIGENPROP_CHECKOUT=$source EIGENPROP_BUILD=$build
# Ranks that wait for a lost one are killed soon.
export EIGENPROP_GRACE=2

make_scenes
config=$source/drivers/configurations/ncuts_scenes.toml
options=(--view.long_side 64 --view.short_side 48 --train.epochs 150 --train.batch 4 --log off
  --checkpoint_steps 20)
run_ranks 2 "$bin/train_ncuts" --config "$config" --data scenes.h5 "${options[@]}" \
  --output whole.h5 --checkpoint whole_c.h5

job=$(cluster on "$slurm" sbatch --parsable --job-name=nodes --nodes=2 --ntasks=2 \
  --ntasks-per-node=1 "$source/jobs/train_ncuts.sbatch" "$config" "$work/scenes.h5" "$work/nodes" \
  "${options[@]}")

# field NAME: of the job.
field() {
  cluster on "$slurm" scontrol -o show job "$job" | tr ' ' '\n' | sed -n "s/^$1=//p"
}
# wait_for WHAT COMMAND ...: two minutes at most.
wait_for() {
  local what=$1
  shift
  for _ in $(seq 600); do
    if "$@"; then return; fi
    sleep 0.2
  done
  cat nodes-*.log "$slurm/slurmctld.log"
  echo "FAILED: $what within two minutes"
  exit 1
}
has_begun() { [ -s nodes/checkpoint.h5 ]; }
# Another checkpoint than that of `before`.
has_gone_on() { [ "$(stat -c %i.%y nodes/checkpoint.h5)" != "$before" ]; }
# Where the controller does not answer, nothing is known.
has_left() { case $(field JobState) in '' | RUNNING) return 1 ;; esac; }
has_returned() { [ "$(field JobState)" = RUNNING ]; }
has_ended() { case $(field JobState) in COMPLETED | FAILED | CANCELLED | TIMEOUT | NODE_FAIL) ;; *) return 1 ;; esac; }

wait_for "no checkpoint" has_begun
for lost in n2 n1; do
  wait_for "the job does not run" has_returned
  before=$(stat -c %i.%y nodes/checkpoint.h5)
  wait_for "no other checkpoint" has_gone_on
  has_returned || { cat nodes-*.log; echo "FAILED: the job has ended before $lost was lost"; exit 1; }
  cluster crash "$slurm" "$lost"
  # Slurm itself would wait for five minutes.
  [ $lost = n2 ] || cluster on "$slurm" scontrol update nodename=$lost state=down reason=lost
  wait_for "the job runs without $lost" has_left
  cluster boot "$slurm" "$lost"
done
wait_for "the job has not ended" has_ended
cat nodes-*.log
[ "$(field JobState)" = COMPLETED ] || { echo "FAILED: the job ended as $(field JobState)"; exit 1; }
[ "$(field Restarts)" = 2 ] || { echo "FAILED: $(field Restarts) requeues, not 2"; exit 1; }
grep -q "lost a node; going back to the queue" nodes-*.log
losses whole.h5 >whole.txt
losses nodes/run.h5 >requeued.txt
cmp whole.txt requeued.txt

# srun as launcher: a rank on each node, and the job's --cpus-per-task, which it does not take from sbatch.
# (Nodes of this kind do not tie tasks to cores, so that these cannot be counted.)
cat >cores.sbatch <<'JOB'
#!/usr/bin/env bash
. "$EIGENPROP_CHECKOUT/jobs/common.sh"
export EIGENPROP_LAUNCHER=srun EIGENPROP_WRAPPER=env EIGENPROP_BUILD=$PWD
run_driver cores
JOB
mkdir bin
cat >bin/cores <<'CORES'
#!/usr/bin/env bash
echo "$SRUN_CPUS_PER_TASK cores on $(hostname), $OMP_NUM_THREADS threads"
CORES
chmod +x bin/cores
cluster on "$slurm" sbatch --wait --nodes=2 --ntasks=2 --ntasks-per-node=1 --cpus-per-task=2 \
  --output=cores.txt cores.sbatch
printf '2 cores on %s, 2 threads\n' n1 n2 >expected.txt
sort cores.txt | cmp - expected.txt
