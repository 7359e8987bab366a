# shellcheck shell=bash
# Scores against an independent reference in Python, for HDF5 results and for MATLAB files with
# `segs` and `ucm2`, and the errors that users meet.
. "$(dirname "$0")/common.sh"
make_scenes
"$bin/segment" --features colour --data scenes.h5 --output colour.h5 --log off
"$python" "$source/tests/drivers/reference_scores.py" make scenes.h5 colour.h5

score() { run_ranks 2 "$bin/evaluate_segmentation" "$@"; }
mkdir -p hdf5 segs_out ucm_out
score --data scenes.h5 --segmentations colour.h5 --output hdf5/evaluation.h5 >hdf5/table.txt
score --data truth --segmentations segs --output segs_out/evaluation.h5 >segs_out/table.txt
score --data truth --segmentations ucm --output ucm_out/evaluation.h5 >ucm_out/table.txt
cmp hdf5/table.txt segs_out/table.txt
"$python" "$source/tests/drivers/reference_scores.py" check scenes.h5 colour.h5

# A missing result, ground truth of another size, foreign files.
mkdir few
cp segs/*.mat few/
results=(few/*.mat)
rm "${results[0]}"
expect_failure "there is no file" "$bin/evaluate_segmentation" --data truth --segmentations few \
  --output few.h5
"$python" "$source/analysis/make_scenes.py" --count 12 --height 40 --width 64 --seed 3 \
  --output smaller.h5 >/dev/null
expect_failure "cannot be compared with one of" "$bin/evaluate_segmentation" --data smaller.h5 \
  --segmentations colour.h5 --output few.h5
expect_failure "its format is 'eigenprop-segmentation'" "$bin/evaluate_segmentation" \
  --data scenes.h5 --segmentations scenes.h5 --output few.h5
for file in few/*.mat; do echo "nothing" >"$file"; done
expect_failure "MATLAB" "$bin/evaluate_segmentation" --data few --segmentations segs --output few.h5
expect_failure "cannot be" "$bin/evaluate_segmentation" --data scenes.h5 --segmentations colour.h5 \
  --output /nonexistent/evaluation.h5
