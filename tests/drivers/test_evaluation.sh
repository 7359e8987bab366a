# shellcheck shell=bash
# Scores against an independent reference in Python, for HDF5 results and for MATLAB files with
# `segs` and `ucm2`, and the errors that users meet.
. "$(dirname "$0")/common.sh"
make_scenes
"$bin/segment" --features colour --data scenes.h5 --output colour.h5 --log off
"$python" "$source/tests/drivers/reference_scores.py" make scenes.h5 colour.h5

score() { run_ranks 2 "$bin/evaluate_segmentation" "$@"; }
mkdir -p hdf5 segs_out ucm_out
score --data scenes.h5 --segmentations colour.h5 --output hdf5/evaluation.h5 --boundaries \
  >hdf5/table.txt
score --data truth --segmentations segs --output segs_out/evaluation.h5 >segs_out/table.txt
score --data truth --segmentations ucm --output ucm_out/evaluation.h5 --boundaries >ucm_out/table.txt
[ ! -e segs_out/eval_bdry.txt ]
cmp <(grep -v boundaries hdf5/table.txt) segs_out/table.txt
# The benchmark's files say what the HDF5 file says.
"$python" - ucm_out <<'EOF'
import sys, h5py, numpy as np
with h5py.File(sys.argv[1] + "/evaluation.h5") as f:
    total = np.loadtxt(sys.argv[1] + "/eval_bdry.txt")
    names = ["ods_scale", "recall_ods", "precision_ods", "f_ods", "recall_ois", "precision_ois",
             "f_ois", "area"]
    assert np.allclose(total, [f["summary"].attrs["boundary_" + n] for n in names], rtol=1e-5)
    for table, group in (("thr", f["boundaries"]), ("img", f["images"])):
        columns = np.loadtxt(f"{sys.argv[1]}/eval_bdry_{table}.txt").T
        prefix = "boundary_" if table == "img" else ""
        for column, name in zip(columns[-4:], ("scale", "recall", "precision", "f")):
            assert np.allclose(column, group[prefix + name][:], rtol=1e-5), name
EOF
score --data people --people --boundaries --output people.h5 >people.txt
grep -q "boundaries: F" people.txt
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
