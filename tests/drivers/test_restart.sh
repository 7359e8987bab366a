# shellcheck shell=bash
# A run that is stopped by SIGUSR1, and one whose rank is killed, go on to the same losses.
. "$(dirname "$0")/common.sh"
make_scenes
long=("${quick[@]}" --train.epochs 30 --checkpoint_steps 5)
run_ranks 2 "$bin/train_ncuts" "${long[@]}" --output whole.h5 --checkpoint whole_c.h5
losses whole.h5 >whole.txt

# Waits until a run file holds some steps.
wait_for_steps() {
  for _ in $(seq 200); do
    if [ -s "$1" ] && [ "$(losses "$1" 2>/dev/null | wc -l)" -ge 5 ]; then return; fi
    sleep 0.1
  done
  echo "FAILED: $1 did not come up"
  exit 1
}

run_ranks 2 "$bin/train_ncuts" "${long[@]}" --output stopped.h5 --checkpoint stopped_c.h5 &
wait_for_steps stopped.h5
pkill -USR1 -f "train_ncuts.*--output stopped.h5" || true
status=0
wait $! || status=$?
[ $status = 85 ] || { echo "FAILED: status $status after SIGUSR1, not 85"; exit 1; }
# On another number of ranks.
run_ranks 3 "$bin/train_ncuts" "${long[@]}" --output stopped.h5 --checkpoint stopped_c.h5 \
  --resume auto
losses stopped.h5 >stopped.txt

run_ranks 2 "$bin/train_ncuts" "${long[@]}" --output killed.h5 --checkpoint killed_c.h5 \
  >killed.log 2>&1 &
wait_for_steps killed.h5
victim=$(pgrep -f "^[^ ]*/train_ncuts.*--output killed.h5" | tail -n 1)
kill -9 "$victim"
status=0
wait $! || status=$?
[ $status != 0 ] || { echo "FAILED: no error although a rank was killed"; exit 1; }
run_ranks 2 "$bin/train_ncuts" "${long[@]}" --output killed.h5 --checkpoint killed_c.h5 \
  --resume auto
losses killed.h5 >killed.txt

"$python" - <<'PY'
import numpy as np

whole = np.loadtxt("whole.txt")
for name in ("stopped", "killed"):
    other = np.loadtxt(f"{name}.txt")
    assert len(other) == len(whole), (name, len(other), len(whole))
    worst = np.max(np.abs(other / whole - 1))
    print(f"{name}: {len(whole)} steps, largest relative difference {worst:.1e}")
    assert worst < 1e-6, name
PY
