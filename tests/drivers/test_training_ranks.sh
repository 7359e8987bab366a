# shellcheck shell=bash
# The same weights to the bit on 1, 2, 3, 4 and 7 ranks after 21 steps, and the same losses but for the
# last bit of their sum; the same segmentations and scores as well.
. "$(dirname "$0")/common.sh"
make_scenes
for kind in j1 j2; do
  for ranks in 1 2 3 4 7; do
    run_ranks $ranks "$bin/train_ncuts" "${quick[@]}" --objective.kind $kind \
      --output $kind$ranks.h5 --checkpoint $kind${ranks}_c.h5
  done
  same_training 1e-15 0 ${kind}1 ${kind}2 ${kind}3 ${kind}4 ${kind}7
done
"$python" - <<'PY'
import h5py

for kind in ("j1", "j2"):
    for ranks in (1, 2, 3, 4, 7):
        with h5py.File(f"{kind}{ranks}.h5") as f:
            assert f.attrs["ranks"] == ranks
            objective = f["metrics/train/objective"][:]
    assert len(objective) == 21
    assert objective[-3:].mean() < objective[:3].mean(), "the objective did not fall"
PY
for ranks in 1 2 3 4 7; do
  # The file of segmentations tells the name of the checkpoint.
  cp j2${ranks}_c.h5 checkpoint.h5
  run_ranks $ranks "$bin/segment" --data scenes.h5 --checkpoint checkpoint.h5 \
    --output segmentations$ranks.h5 --log off
  mkdir -p scores$ranks
  run_ranks $ranks "$bin/evaluate_segmentation" --data scenes.h5 \
    --segmentations segmentations$ranks.h5 --output scores$ranks/evaluation.h5 >scores$ranks/table.txt
done
"$python" - <<'PY'
import h5py

with h5py.File("segmentations1.h5") as f:
    first, k = f["images/first_segmentation"][:], f["segmentations/k"][:]
    assert len(first) == 13 and len(k) == first[-1] > 12, (first, k)
    assert f["segmentations/segments"][:].max() > 1, "one segment everywhere"
PY
for ranks in 2 3 4 7; do
  cmp segmentations1.h5 segmentations$ranks.h5
  for name in table eval_cover eval_cover_img eval_cover_th eval_RI_VOI eval_RI_VOI_thr; do
    [ -s scores1/$name.txt ]
    cmp scores1/$name.txt scores$ranks/$name.txt
  done
done
