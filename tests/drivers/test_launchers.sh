# shellcheck shell=bash
# Launchers other than Open MPI's: no option, and nothing of the environment, reaches one that does not
# know it. Programs that say what they are, as the real ones do, and write down what they were given.
. "$(dirname "$0")/common.sh"
mkdir programs
# launcher NAME VERSION: refuses options of other kinds, as the real ones do.
launcher() {
  cat >"programs/$1" <<LAUNCHER
#!/usr/bin/env bash
if [ "\$1" = --version ]; then
  echo "$2"
  exit 0
fi
printf '%s\n' "\$*" >>"\$EIGENPROP_SAID"
printf '%s\n' "\${SRUN_CPUS_PER_TASK:-none} \${OMP_PROC_BIND:-none} \${OMP_PLACES:-none}" >>"\$EIGENPROP_SAID"
while [ "\${1#-}" != "\$1" ]; do
  case $1 in
    openmpi*) known="--oversubscribe --bind-to --map-by -n" ;;
    hydra*) known="-bind-to -n" ;;
    srun*) known="--cpu-bind=cores --mpi=pmix --overlap --nodes=2 --ntasks=2 --ntasks-per-node=1 --cpus-per-task=1 -n" ;;
    *) known=-n ;;
  esac
  [[ " \$known " = *" \$1 "* ]] || { echo "$1: unrecognized argument \$1" >&2; exit 1; }
  case \$1 in -n | -bind-to | --bind-to | --map-by) shift ;; esac
  shift
done
exec "\$@"
LAUNCHER
  chmod +x "programs/$1"
}
launcher openmpi "mpirun (Open MPI) 4.1.4"
launcher hydra "HYDRA build details:
    Version:                                 4.0.2"
launcher hydra_intel "Intel(R) MPI Library for Linux* OS, Version 2021.9 Build 20230307"
launcher srun "slurm 22.05.8"
launcher other "a launcher of its own"
export PATH=$work/programs:$PATH EIGENPROP_SAID=$work/said
unset OMP_PROC_BIND OMP_PLACES EIGENPROP_PIN EIGENPROP_WRAPPER
mkdir bin
cat >bin/driver <<'DRIVER'
#!/usr/bin/env bash
echo "$@, $OMP_NUM_THREADS threads"
DRIVER
chmod +x bin/driver
EIGENPROP_BUILD=$work

# says LAUNCHER PIN WORDS ENVIRONMENT: of two ranks with two threads in a job.
says() {
  : >said
  EIGENPROP_LAUNCHER=$1 EIGENPROP_PIN=$2 SLURM_NTASKS=2 SLURM_CPUS_PER_TASK=2 SRUN_CPUS_PER_TASK=3 \
    run_driver driver --option value >ran
  [ "$(cat ran)" = "--option value, 2 threads" ]
  printf '%s\n' "$3 -n 2 $work/bin/driver --option value" "$4" | sed 's/^ //' >expected
  cmp expected said || { cat expected said; echo "FAILED: $1, $2"; exit 1; }
}
says openmpi none "--oversubscribe --bind-to none" "none none none"
says openmpi cores "--map-by slot:PE=2 --bind-to core" "none close cores"
says hydra none "" "none none none"
says hydra cores "-bind-to core:2" "none close cores"
says hydra_intel none "" "none none none"
says srun none "" "2 none none"
says srun cores "--cpu-bind=cores" "2 close cores"
says other none "" "none none none"
says other cores "" "none close cores"
# Options of its own are not added to.
says "srun --mpi=pmix" cores "--mpi=pmix" "2 close cores"
says "openmpi --bind-to socket" cores "--bind-to socket" "none close cores"
OMP_PROC_BIND=spread OMP_PLACES=sockets says srun cores "--cpu-bind=cores" "2 spread sockets"
expect_failure "EIGENPROP_PIN is 'core', neither cores nor none" \
  env EIGENPROP_PIN=core bash -c ". '$source/jobs/common.sh'; run_ranks 1 true"

for launcher in openmpi hydra hydra_intel srun other; do
  [ "$(EIGENPROP_LAUNCHER=$launcher run_ranks 3 echo ran)" = ran ]
  EIGENPROP_LAUNCHER=$launcher SLURM_NTASKS=2 EIGENPROP_WRAPPER="env A=b" \
    run_driver driver >ran
  grep -q "1 threads" ran
  grep -q -- "-n 2 env A=b $work/bin/driver" said
done

# A training goes on after it was stopped (85, told by the launcher or by the driver alone) and after a
# node was lost; not after a failure of its own, nor for ever.
cat >bin/driver <<'DRIVER'
#!/usr/bin/env bash
[ -z "$TOLD" ] || echo "$TOLD" >"$EIGENPROP_STATUS_FILE"
exit "$STATUS"
DRIVER
cat >programs/scontrol <<'SCONTROL'
#!/usr/bin/env bash
echo "scontrol $*"
SCONTROL
chmod +x programs/scontrol
# training STATUS TOLD RESTARTS: ends with what train_or_requeue ends with.
training() {
  SLURM_NTASKS=2 SLURM_JOB_ID=7 STATUS=$1 TOLD=$2 SLURM_RESTART_COUNT=$3 bash -c "
    set -euo pipefail
    . '$source/jobs/common.sh'
    train_or_requeue driver --option
    echo finished" >output.txt 2>&1
}
export EIGENPROP_BUILD EIGENPROP_REQUEUES=2
for launcher in openmpi hydra srun other; do
  export EIGENPROP_LAUNCHER=$launcher
  training 0 0 0
  grep -qx finished output.txt
  for status in "85 85" "143 85" "85 "; do
    training "${status% *}" "${status#* }" 1
    grep -qx "scontrol requeue 7" output.txt
    grep -q "stopped with a checkpoint; going back to the queue" output.txt
  done
  expect_failure "stopped with a checkpoint after 2 requeues" training 85 85 2
  ended=0
  training 1 1 0 || ended=$?
  [ $ended = 1 ]
  if grep -q requeue output.txt; then exit 1; fi
done
# A controller that is busy at first, and one that lets the job end.
cat >programs/scontrol <<'SCONTROL'
#!/usr/bin/env bash
echo "scontrol $*"
mkdir busy 2>/dev/null && exit 1
exit "${REFUSED:-0}"
SCONTROL
training 85 85 0
[ "$(grep -c "scontrol requeue 7" output.txt)" = 2 ]
ended=0
REFUSED=1 training 85 85 0 || ended=$?
[ $ended = 85 ]
# Two nodes: srun asks them.
export SLURM_JOB_NUM_NODES=2 EIGENPROP_LAUNCHER=openmpi
ended=0
training 9 "" 0 || ended=$?
[ $ended = 9 ]
cat >programs/srun <<'SRUN'
#!/usr/bin/env bash
echo "srun: error: Task launch failed on node n2" >&2
exit 1
SRUN
training 9 "" 0
grep -q "lost a node; going back to the queue" output.txt
expect_failure "lost a node after 2 requeues" training 9 "" 2
