# shellcheck shell=bash
# Sourced by the other scripts: where things are, and small helpers. Defines functions and variables
# only.

EIGENPROP_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
EIGENPROP_CACHE=${EIGENPROP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/eigenprop}
EIGENPROP_BUILD=${EIGENPROP_BUILD:-$EIGENPROP_SOURCE/build/release}

# A cluster's own settings: modules, compilers, Kokkos_ROOT, launcher.
if [ -f "$EIGENPROP_SOURCE/jobs/site.env" ]; then
  # shellcheck source=/dev/null
  . "$EIGENPROP_SOURCE/jobs/site.env"
fi

# Threads sleep where they wait: spinning ones take busy cores from those that they wait for
# (figures: lib/runtime/README.md). OMP_WAIT_POLICY=active makes them spin.
[ -n "${GOMP_SPINCOUNT:-}" ] || export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}
# Ranks and Kokkos threads use the cores; BLAS threads would fight with them.
export OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1} MKL_NUM_THREADS=${MKL_NUM_THREADS:-1}
if [ "$(id -u)" = 0 ]; then
  # Open MPI refuses to run as root, as in containers, unless told so.
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi
if [ -z "${Kokkos_ROOT:-}${Kokkos_DIR:-}" ] && [ -d "$EIGENPROP_CACHE/kokkos" ]; then
  export Kokkos_ROOT=$EIGENPROP_CACHE/kokkos
fi

say() { printf '==> %s\n' "$*"; }

fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# The Python that has h5py: Debian's modules belong to /usr/bin/python3, which need not be the
# first on PATH.
find_python() {
  local candidate
  for candidate in "${EIGENPROP_PYTHON:-}" python3 /usr/bin/python3; do
    if [ -n "$candidate" ] && "$candidate" -c 'import h5py, numpy, scipy, matplotlib' 2>/dev/null; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  fail "no Python with h5py, numpy, scipy and matplotlib; set EIGENPROP_PYTHON"
}

# recognize_launcher PROGRAM: sets launcher_kind: openmpi, hydra (of MPICH and Intel MPI), srun or other.
recognize_launcher() {
  [ "$1" != "${recognized_launcher:-}" ] || return 0
  case $("$1" --version 2>&1 </dev/null || true) in
    *"Open MPI"* | *OpenRTE*) launcher_kind=openmpi ;;
    *HYDRA* | *"Intel(R) MPI"*) launcher_kind=hydra ;;
    slurm*) launcher_kind=srun ;;
    *) launcher_kind=other ;;
  esac
  recognized_launcher=$1
}

# set_launcher RANKS [THREADS]: sets `launch`, the words before a command that run it on so many ranks of
# so many threads: those of EIGENPROP_LAUNCHER (mpirun) and -n RANKS. A launcher that is given without
# options of its own also gets those that its kind knows for EIGENPROP_PIN: `cores` ties each rank to
# cores of its own, and its threads to one each; `none` (the default) allows more ranks than cores.
set_launcher() {
  local threads=${2:-1} pin=${EIGENPROP_PIN:-none} own environment=()
  [ "$pin" = cores ] || [ "$pin" = none ] || fail "EIGENPROP_PIN is '$pin', neither cores nor none"
  read -r -a own <<<"${EIGENPROP_LAUNCHER:-mpirun}"
  recognize_launcher "${own[0]}"
  if [ ${#own[@]} = 1 ]; then
    case $launcher_kind-$pin in
      openmpi-none) own+=(--oversubscribe --bind-to none) ;;
      openmpi-cores) own+=(--map-by "slot:PE=$threads" --bind-to core) ;;
      hydra-cores) own+=(-bind-to "core:$threads") ;;
      srun-cores) own+=(--cpu-bind=cores) ;;
    esac
  fi
  [ "$pin" = none ] ||
    environment+=("OMP_PROC_BIND=${OMP_PROC_BIND:-close}" "OMP_PLACES=${OMP_PLACES:-cores}")
  # Since Slurm 22.05 srun takes the cores of a task from this alone. The daemons that mpirun starts by
  # srun, one a node, would get no more cores by it than one rank.
  if [ "$launcher_kind" = srun ]; then
    environment+=("SRUN_CPUS_PER_TASK=$threads")
  elif [ -n "${SRUN_CPUS_PER_TASK:-}" ]; then
    environment=(-u SRUN_CPUS_PER_TASK "${environment[@]}")
  fi
  launch=("${own[@]}" -n "$1")
  [ ${#environment[@]} = 0 ] || launch=(env "${environment[@]}" "${launch[@]}")
}

# run_ranks N COMMAND ...: more ranks than cores allowed.
run_ranks() {
  local launch
  set_launcher "$1" "${OMP_NUM_THREADS:-1}"
  OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} "${launch[@]}" "${@:2}"
}

# configure PRESET OPTIONS ...: every option that a script depends on is named by it, since a build
# folder keeps what an earlier script set. EIGENPROP_ARCH: the processor that is compiled for (-march).
configure() {
  local preset=$1
  shift
  cmake --preset "$preset" -S "$EIGENPROP_SOURCE" -B "$EIGENPROP_BUILD" \
    "-DEIGENPROP_ARCH=${EIGENPROP_ARCH-native}" "$@"
}

configure_and_build() {
  say "configuring and building in $EIGENPROP_BUILD"
  configure "$@"
  cmake --build "$EIGENPROP_BUILD" --parallel "${EIGENPROP_JOBS:-$(nproc)}"
}

# run_tests OPTIONS OF CTEST ...: fails also where fewer tests have run than are defined.
run_tests() {
  local log defined ran status=0
  log=$(mktemp)
  defined=$(ctest --test-dir "$EIGENPROP_BUILD" -N "$@" | sed -n 's/^Total Tests: //p')
  ctest --test-dir "$EIGENPROP_BUILD" --no-tests=error --output-on-failure \
    --parallel "${EIGENPROP_JOBS:-$(nproc)}" "$@" | tee "$log" || status=$?
  ran=$(sed -n 's/^.* tests passed, .* out of \([0-9]*\)$/\1/p' "$log")
  rm -f "$log"
  [ "${ran:-0}" = "${defined:-0}" ] || fail "${ran:-0} tests have run of the ${defined:-0} defined"
  return "$status"
}

# set_program DRIVER: sets `program`, the words that run it: EIGENPROP_WRAPPER, for instance
# "apptainer exec eigenprop.sif", stands before it.
set_program() {
  read -r -a program <<<"${EIGENPROP_WRAPPER:-}"
  program+=("$EIGENPROP_BUILD/bin/$1")
}

# run_driver DRIVER ARGUMENTS ...: in a Slurm job, on its ranks.
run_driver() {
  local launch program threads=${SLURM_CPUS_PER_TASK:-1}
  set_launcher "${SLURM_NTASKS:-2}" "$threads"
  set_program "$1"
  OMP_NUM_THREADS=$threads "${launch[@]}" "${program[@]}" "${@:2}"
}

# requeue_job: whether this job went back to the queue. Asked more than once, as a busy controller may not
# answer.
requeue_job() {
  for _ in 1 2 3 4; do
    if scontrol requeue "$SLURM_JOB_ID"; then return; fi
    sleep 2
  done
  return 1
}

# back_to_queue WHY: ends the script; the job goes back to the queue, at most EIGENPROP_REQUEUES times
# (default 20).
back_to_queue() {
  if [ "${SLURM_RESTART_COUNT:-0}" -ge "${EIGENPROP_REQUEUES:-20}" ]; then
    echo "$1 after ${SLURM_RESTART_COUNT:-0} requeues; the checkpoint is good" >&2
    exit 1
  fi
  echo "$1; going back to the queue"
  # A job that is being cancelled does not go back: it ends with the status that says so.
  requeue_job || exit 85
  exit 0
}

# nodes_answer: whether all nodes of the job still do.
nodes_answer() {
  local nodes=${SLURM_JOB_NUM_NODES:-1}
  [ "$nodes" = 1 ] || timeout 60 srun --overlap --nodes="$nodes" --ntasks="$nodes" \
    --ntasks-per-node=1 --cpus-per-task=1 true >/dev/null 2>&1
}

# train_or_requeue DRIVER ARGUMENTS ...: runs a training driver in a Slurm job. Slurm signals the
# batch script before the time limit (USR1), or all processes of the job at once (TERM, on preemption
# and scancel); the signal is passed on, the driver writes a checkpoint and exits with 85, and the job
# goes back to the queue to continue where it stopped. So it does where a node is lost, whether this
# script sees it first or Slurm does. Ends the script, unless the training has come to its end.
#
# On TERM mpirun ends its ranks, first with a signal that they take for the same request; Open MPI's
# kills them EIGENPROP_GRACE seconds (default 20) later, and Slurm KillWait seconds (30) after TERM.
# A unit of work and the checkpoint must fit in. It returns a status of its own then, so that the
# driver's comes through a file.
train_or_requeue() {
  local launch program told status=0
  export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}
  set_launcher "$SLURM_NTASKS" "$OMP_NUM_THREADS"
  set_program "$1"
  if [ "$launcher_kind" = openmpi ]; then
    export OMPI_MCA_odls_base_sigkill_timeout=$((${EIGENPROP_GRACE:-20} / 2))
    # As Open MPI 5 calls it.
    export PRTE_MCA_odls_base_sigkill_timeout=$OMPI_MCA_odls_base_sigkill_timeout
  fi
  EIGENPROP_STATUS_FILE=$(mktemp)
  export EIGENPROP_STATUS_FILE
  training_pid=
  trap '[ -z "$training_pid" ] || kill -USR1 "$training_pid" 2>/dev/null || true' USR1 TERM
  # In the background, because bash runs a trap only when its foreground child has ended.
  "${launch[@]}" "${program[@]}" --resume auto "${@:2}" &
  training_pid=$!
  wait "$training_pid" || status=$?
  # A trap interrupts `wait`: the run may still be writing its checkpoint.
  while kill -0 "$training_pid" 2>/dev/null; do
    status=0
    wait "$training_pid" || status=$?
  done
  told=$(cat "$EIGENPROP_STATUS_FILE")
  rm -f "$EIGENPROP_STATUS_FILE"
  [ "$status" != 0 ] || return 0
  if [ "$status" = 85 ] || [ "$told" = 85 ]; then back_to_queue "stopped with a checkpoint"; fi
  nodes_answer || back_to_queue "lost a node"
  exit "$status"
}
