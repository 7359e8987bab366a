# shellcheck shell=bash
# Boundary maps of affinity graphs, trained alone: they tell boundaries of scenes that they have not
# seen, no result depends on ranks, a stopped run goes on, the training through the eigenvectors starts
# from them; maps of whole images; images without any boundary.
. "$(dirname "$0")/common.sh"
"$python" "$source/analysis/make_scenes.py" --count 24 --height 72 --width 96 --seed 3 \
  --output scenes.h5 >/dev/null
"$python" "$source/analysis/make_scenes.py" --count 8 --height 72 --width 96 --seed 4 \
  --output held.h5 >/dev/null
config=$source/drivers/configurations
train=("$bin/train_ncuts" --config "$config/boundaries_scenes.toml" --data scenes.h5
  --view.long_side 96 --view.short_side 72 --log off)

"${train[@]}" --train.epochs 24 --test held.h5 --output long.h5 --checkpoint long_c.h5
"$python" - <<'CHECK'
import h5py

with h5py.File("long.h5") as run:
    train = {name: column[:] for name, column in run["metrics/train"].items()}
    test = {name: column[:] for name, column in run["metrics/test"].items()}
assert len(train["objective"]) == 144 and len(test["epoch"]) == 24
first, last = train["objective"][:12].mean(), train["objective"][-12:].mean()
print(f"objective {first:.3f} -> {last:.3f}")
print(f"held out: on {test['on'][-1]:.3f}, off {test['off'][-1]:.3f}, "
      f"average precision {test['average_precision'][-1]:.3f}")
assert last < 0.8 * first, (first, last)
assert test["on"][-1] > test["off"][-1] + 0.15
# Chance is the share of boundaries, about a tenth.
assert test["average_precision"][-1] > 0.35
CHECK

small=("${train[@]}" --view.long_side 64 --view.short_side 48)
short=("${small[@]}" --train.epochs 2)
for ranks in 1 2 3 7; do
  run_ranks $ranks "${short[@]}" --test held.h5 --output ranks$ranks.h5 --checkpoint ranks${ranks}_c.h5
done
same_training 1e-15 0 ranks1 ranks2 ranks3 ranks7
"$python" - <<'CHECK'
import h5py
import numpy as np

tables = []
for ranks in (1, 2, 3, 7):
    with h5py.File(f"ranks{ranks}.h5") as run:
        tables.append(np.stack([run[f"metrics/test/{name}"][:] for name in
                                ("objective", "on", "off", "average_precision")]))
assert tables[0].shape == (4, 2)
for table in tables[1:]:
    np.testing.assert_allclose(table, tables[0], rtol=1e-12)
CHECK

start_ranks 2 "${small[@]}" --train.epochs 20 --checkpoint_steps 5 --output stopped.h5 \
  --checkpoint stopped_c.h5
wait_for_steps stopped.h5 4
stop_ranks
run_ranks 3 "${small[@]}" --train.epochs 20 --output stopped.h5 --checkpoint stopped_c.h5 --resume auto
run_ranks 2 "${small[@]}" --train.epochs 20 --output whole.h5 --checkpoint whole_c.h5
same_training 1e-15 0 whole stopped

# The second stage takes every parameter of the first, and begins where an untrained network does not.
second=("$bin/train_ncuts" --config "$config/ncuts_graph_scenes.toml" --data scenes.h5
  --view.long_side 96 --view.short_side 72 --cuts.least_vectors 0 --cuts.vectors 5
  --model.trunk small_normalized --model.dropout 0 --train.epochs 1 --train.rate 1e-3 --log info)
"${second[@]}" --import long_c.h5 --output j1.h5 --checkpoint j1_c.h5 2>j1.log
"${second[@]}" --output plain.h5 --checkpoint plain_c.h5 2>/dev/null
"$python" - <<'CHECK'
import h5py

with h5py.File("j1.h5") as run, h5py.File("plain.h5") as plain:
    trained = run["metrics/train/objective"][:].mean()
    untrained = plain["metrics/train/objective"][:].mean()
with h5py.File("long_c.h5") as first, h5py.File("j1_c.h5") as second:
    assert set(first["parameters"]) == set(second["parameters"]), "other parameters"
print(f"objective of the second stage: {trained:.3f}, from an untrained network {untrained:.3f}")
assert trained < 0.97 * untrained, (trained, untrained)
CHECK
if grep -E "missing|of another shape|unused" j1.log; then
  echo "FAILED: the second stage did not take every parameter"
  exit 1
fi
"$bin/segment" --data held.h5 --checkpoint long_c.h5 --output s.h5 --log off
[ -s s.h5 ]

"$bin/map_boundaries" --data held.h5 --checkpoint long_c.h5 --output maps.h5 --log off
run_ranks 3 "$bin/map_boundaries" --data held.h5 --checkpoint long_c.h5 --output maps3.h5 --log off
cmp maps.h5 maps3.h5
"$bin/map_boundaries" --data held.h5 --checkpoint j1_c.h5 --scales 0.5,1 --output scales.h5 --log off
"$python" - <<'CHECK'
import h5py
import numpy as np

with h5py.File("held.h5") as scenes:
    first, place = scenes["images/first_segmentation"][:], scenes["segmentations/offset"][:]
    labels = scenes["segmentations/labels"][:]
for name in ("maps", "scales"):
    with h5py.File(f"{name}.h5") as file:
        sizes, offset = file["images/size"][:], file["images/offset"][:]
        values = file["boundaries/probability"][:]
    assert len(values) == offset[-1] == sizes.prod(axis=1).sum()
    assert values.min() >= 0 and values.max() <= 1
    on, off = [], []
    for i, size in enumerate(sizes):
        truth = labels[place[first[i]]:place[first[i] + 1]].reshape(size)
        beside = np.zeros(size, bool)
        beside[:, 1:] |= truth[:, 1:] != truth[:, :-1]
        beside[:, :-1] |= truth[:, 1:] != truth[:, :-1]
        beside[1:] |= truth[1:] != truth[:-1]
        beside[:-1] |= truth[1:] != truth[:-1]
        probability = values[offset[i]:offset[i + 1]].reshape(size)
        on.append(probability[beside].mean())
        off.append(probability[~beside].mean())
    print(f"{name}: {np.mean(on):.3f} on boundaries, {np.mean(off):.3f} beside them")
    assert np.mean(on) > np.mean(off) + 0.12
CHECK

# Nothing but one segment; an image one pixel wide.
PYTHONPATH=$source/analysis "$python" - <<'WRITE'
import numpy as np

from eigenprop_data import dataset_writer

rng = np.random.default_rng(1)
for name, shape in (("plain", (40, 50)), ("line", (60, 1))):
    with dataset_writer(f"{name}.h5", "test") as writer:
        writer.add(name, rng.integers(0, 256, (*shape, 3), np.uint8), [np.zeros(shape, np.int64)])
WRITE
for name in plain line; do
  "${short[@]}" --data $name.h5 --output one.h5 --checkpoint one_c.h5
done
"${short[@]}" --data plain.h5 --test plain.h5 --output one.h5 --checkpoint one_c.h5
expect_failure "image 'line': layer 'pool" "$bin/map_boundaries" --data line.h5 --checkpoint long_c.h5

expect_failure 'of cuts.affinity = "graph"' "${train[@]}" --cuts.affinity low_rank
expect_failure 'cuts.weights = "contour" or "both"' "${train[@]}" --cuts.weights features
expect_failure "objective.boundary_radius" "${train[@]}" --objective.boundary_radius -1
expect_failure "train.ranks_per_image = 1" "${train[@]}" --train.ranks_per_image 2
expect_failure "rotation must lie in" "${train[@]}" --view.rotation 181
expect_failure "0 <= colour < 1" "${train[@]}" --view.colour 1
expect_failure '--test scores a low-rank affinity, or objective.kind = "boundary"' "${second[@]}" --test held.h5
expect_failure "scales of boundary maps" "$bin/map_boundaries" --data held.h5 --checkpoint long_c.h5 \
  --scales 0
