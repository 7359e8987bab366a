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
export OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1}
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

# run_ranks N COMMAND ...: under mpirun, more ranks than cores allowed.
run_ranks() {
  local ranks=$1
  shift
  OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} mpirun --oversubscribe --bind-to none -n "$ranks" "$@"
}

# configure PRESET OPTIONS ...: every option that a script depends on is named by it, since a build
# folder keeps what an earlier script set.
configure() {
  local preset=$1
  shift
  cmake --preset "$preset" -S "$EIGENPROP_SOURCE" -B "$EIGENPROP_BUILD" "$@"
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

# run_driver DRIVER ARGUMENTS ...: in a Slurm job, on its ranks.
run_driver() {
  local launcher=${EIGENPROP_LAUNCHER:-mpirun --oversubscribe --bind-to none -n ${SLURM_NTASKS:-2}}
  # shellcheck disable=SC2086
  OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1} $launcher "$EIGENPROP_BUILD/bin/$1" "${@:2}"
}

# train_or_requeue DRIVER ARGUMENTS ...: runs a training driver in a Slurm job. Slurm signals the
# batch script before the time limit (USR1), or all processes of the job at once (TERM, on preemption
# and scancel); the signal is passed on, the driver writes a checkpoint and exits with 85, and the job
# goes back to the queue, at most EIGENPROP_REQUEUES times (default 20), to continue where it stopped.
# Ends the script, unless the training has come to its end.
#
# On TERM mpirun ends its ranks, first with a signal that they take for the same request, and kills
# them EIGENPROP_GRACE seconds (default 20) later; Slurm itself kills KillWait seconds (30) after TERM.
# A unit of work and the checkpoint must fit in. It returns a status of its own then, so that the
# driver's comes through a file.
train_or_requeue() {
  local driver=$1 launcher status=0
  shift
  export OMP_NUM_THREADS=${SLURM_CPUS_PER_TASK:-1}
  local grace="--mca odls_base_sigkill_timeout $((${EIGENPROP_GRACE:-20} / 2))"
  launcher=${EIGENPROP_LAUNCHER:-mpirun --oversubscribe --bind-to none $grace -n $SLURM_NTASKS}
  EIGENPROP_STATUS_FILE=$(mktemp)
  export EIGENPROP_STATUS_FILE
  training_pid=
  trap '[ -z "$training_pid" ] || kill -USR1 "$training_pid" 2>/dev/null || true' USR1 TERM
  # In the background, because bash runs a trap only when its foreground child has ended.
  # shellcheck disable=SC2086
  $launcher "$EIGENPROP_BUILD/bin/$driver" --resume auto "$@" &
  training_pid=$!
  wait "$training_pid" || status=$?
  # A trap interrupts `wait`: the run may still be writing its checkpoint.
  while kill -0 "$training_pid" 2>/dev/null; do
    status=0
    wait "$training_pid" || status=$?
  done
  if [ "$status" != 0 ] && [ "$(cat "$EIGENPROP_STATUS_FILE")" = 85 ]; then status=85; fi
  rm -f "$EIGENPROP_STATUS_FILE"
  if [ "$status" = 85 ]; then
    if [ "${SLURM_RESTART_COUNT:-0}" -ge "${EIGENPROP_REQUEUES:-20}" ]; then
      echo "stopped after ${SLURM_RESTART_COUNT:-0} requeues; the checkpoint is good" >&2
      exit 1
    fi
    echo "stopped with a checkpoint; going back to the queue"
    # A job that is being cancelled does not go back: it ends with the status that says so.
    scontrol requeue "$SLURM_JOB_ID" || exit 85
    exit 0
  fi
  [ "$status" = 0 ] || exit "$status"
}
