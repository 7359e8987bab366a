# shellcheck shell=bash
# A run that is stopped by SIGUSR1, and one whose rank is killed, go on to the losses and weights of
# the run that nothing disturbed.
. "$(dirname "$0")/common.sh"
make_scenes
long=("${quick[@]}" --train.epochs 30 --checkpoint_steps 5)
run_ranks 2 "$bin/train_ncuts" "${long[@]}" --output whole.h5 --checkpoint whole_c.h5

start_ranks 2 "$bin/train_ncuts" "${long[@]}" --output stopped.h5 --checkpoint stopped_c.h5
wait_for_steps stopped.h5 5
stop_ranks
steps=$(losses stopped.h5 | wc -l)
[ "$steps" -lt "$(losses whole.h5 | wc -l)" ]
# On another number of ranks.
run_ranks 3 "$bin/train_ncuts" "${long[@]}" --output stopped.h5 --checkpoint stopped_c.h5 \
  --resume auto

start_ranks 2 "$bin/train_ncuts" "${long[@]}" --output killed.h5 --checkpoint killed_c.h5 \
  >killed.log 2>&1
wait_for_steps killed.h5 5
kill -9 "$(tail -n 1 ranks)"
status=0
wait "$launcher" || status=$?
[ $status != 0 ] || { echo "FAILED: no error although a rank was killed"; exit 1; }
before=$(losses killed.h5 | wc -l)
[ "$before" -lt "$(losses whole.h5 | wc -l)" ]
run_ranks 2 "$bin/train_ncuts" "${long[@]}" --output killed.h5 --checkpoint killed_c.h5 \
  --resume auto

same_training 0 0 whole killed
same_training 1e-15 0 whole stopped
