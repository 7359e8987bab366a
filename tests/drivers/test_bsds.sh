# shellcheck shell=bash
# BSDS500's validation images: the original MATLAB files and the packed ones give the same scores of
# people against people, and on the 100 test images of BSDS300 those are the published ones: covering
# .73, probabilistic Rand index .87, variation of information 1.16 (Arbelaez et al., PAMI 2011).
. "$(dirname "$0")/common.sh"
bsds=${EIGENPROP_DATA:-$source/../shared/data}/BSDS500
if [ ! -d "$bsds" ]; then
  echo "skipped: no BSDS500 here; EIGENPROP_DATA names the folder that holds it"
  exit 77
fi
"$python" "$source/analysis/pack_bsds.py" --data "$bsds" --split val --output val.h5
truth=$(find "$bsds" -type d -path '*groundTruth/val' -print -quit)
score() { run_ranks 2 "$bin/evaluate_segmentation" --people "$@"; }
mkdir packed original
score --data val.h5 --output packed/evaluation.h5 | tee packed/table.txt
score --data "$truth" --output original/evaluation.h5 >original/table.txt
for file in table.txt eval_cover.txt eval_cover_img.txt eval_cover_th.txt eval_RI_VOI.txt \
  eval_RI_VOI_thr.txt; do
  cmp packed/$file original/$file
done
if [ "$(head -n 1 packed/table.txt)" = "100 images" ]; then
  "$python" - <<'CHECK'
import h5py

with h5py.File("packed/evaluation.h5") as file:
    found = dict(file["summary"].attrs)
expected = {"covering_ods": 0.73, "pri_ods": 0.87, "vi_ods": 1.16}
for name, value in expected.items():
    assert round(found[name], 2) == value, (name, found[name], value)
CHECK
fi
expect_failure "either --segmentations or --people" "$bin/evaluate_segmentation" --data val.h5
