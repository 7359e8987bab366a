# shellcheck shell=bash
# The same losses for 1, 2, 3, 4 and 7 ranks, to 1e-6 relative over 20 steps; the same segmentations
# and scores as well.
. "$(dirname "$0")/common.sh"
make_scenes
for ranks in 1 2 3 4 7; do
  run_ranks $ranks "$bin/train_ncuts" "${quick[@]}" --objective.kind j1 --output j1_run$ranks.h5 \
    --checkpoint j1_checkpoint$ranks.h5
  run_ranks $ranks "$bin/train_ncuts" "${quick[@]}" --output run$ranks.h5 \
    --checkpoint checkpoint$ranks.h5
done
"$python" - <<'PY'
import h5py
import numpy as np

def objective(kind, ranks):
    with h5py.File(f"{kind}run{ranks}.h5") as f:
        assert f.attrs["ranks"] == ranks
        return f["metrics/train/objective"][:20]

for kind in ("", "j1_"):
    reference = objective(kind, 1)
    assert len(reference) == 20 and np.isfinite(reference).all()
    assert reference[-3:].mean() < reference[:3].mean(), "the objective did not fall"
    for ranks in (2, 3, 4, 7):
        worst = np.max(np.abs(objective(kind, ranks) / reference - 1))
        print(f"{kind or 'j2_'}{ranks} ranks: largest relative difference {worst:.1e}")
        assert worst < 1e-6, ranks
PY
for ranks in 1 3; do
  run_ranks $ranks "$bin/segment" --data scenes.h5 --checkpoint checkpoint1.h5 \
    --output segmentations$ranks.h5 --log off
  mkdir -p scores$ranks
  run_ranks $ranks "$bin/evaluate_segmentation" --data scenes.h5 \
    --segmentations segmentations1.h5 --output scores$ranks/evaluation.h5 >scores$ranks/table.txt
done
cmp segmentations1.h5 segmentations3.h5
cmp scores1/table.txt scores3/table.txt
for name in cover cover_img cover_th RI_VOI RI_VOI_thr; do
  cmp scores1/eval_$name.txt scores3/eval_$name.txt
done
