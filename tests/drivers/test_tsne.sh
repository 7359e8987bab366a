# shellcheck shell=bash
# embed_tsne: the same bits on every number of ranks, after a stop and a restart, and by all four
# combinations of kinds and affinities clusters that lie apart; and what it says of wrong input.
. "$(dirname "$0")/common.sh"
"$python" - <<'DATA'
import numpy as np

# Five clusters in ten dimensions.
generator = np.random.default_rng(4)
labels = np.arange(150) % 5
features = generator.normal(0, 1, (150, 10)) + generator.normal(0, 6, (5, 10))[labels]
np.savez("points.npz", features=features, labels=labels)
np.savez("doubled.npz", features=np.repeat(features[:12], 12, axis=0))
np.savez("same.npz", features=np.ones((40, 3)))
np.savez("images.npz", features=features.reshape(150, 5, 2), labels=labels)
DATA
for set in points doubled same images; do
  "$python" "$source/analysis/pack_points.py" --npz $set.npz --output $set.h5 >/dev/null
done
embed=("$bin/embed_tsne" --log off)
short=(--data points.h5 --model.perplexity 12 --train.iterations 160
  --train.exaggeration_iterations 60 --checkpoint_steps 50)

for ranks in 1 2 3; do
  run_ranks $ranks "${embed[@]}" "${short[@]}" --output run$ranks.h5 --checkpoint c$ranks.h5 \
    --embedding e$ranks.h5
done
# 70 steps, then the rest on another number of ranks: beyond the exaggeration, and not at one of the
# steps whose divergence is told.
"${embed[@]}" "${short[@]}" --train.iterations 70 --output rest.h5 --checkpoint rest_c.h5 \
  --embedding rest_e.h5
run_ranks 2 "${embed[@]}" "${short[@]}" --resume auto --output rest.h5 --checkpoint rest_c.h5 \
  --embedding rest_e.h5
# Asked to stop, it ends with status 85 and a checkpoint.
"${embed[@]}" "${short[@]}" --train.iterations 200000 --output stopped.h5 --checkpoint stopped_c.h5 \
  --checkpoint_steps 100000 --embedding stopped_e.h5 &
pid=$!
until [ -s stopped_c.h5 ]; do
  kill -0 $pid
  sleep 0.05
done
sleep 0.3
kill -USR1 $pid
status=0
wait $pid || status=$?
[ $status = 85 ] || { echo "FAILED: status $status after SIGUSR1, not 85"; exit 1; }
[ ! -e stopped_e.h5 ]

for kind in tsne ssne; do
  for affinities in nearest exact; do
    "${embed[@]}" --data points.h5 --model.perplexity 12 --model.kind $kind \
      --model.affinities $affinities --model.initial random --train.iterations 400 \
      --embedding ${kind}_$affinities.h5 --output ${kind}_$affinities.run
  done
done
"${embed[@]}" "${short[@]}" --model.dimensions 3 --embedding space.h5
"${embed[@]}" "${short[@]}" --data images.h5 --embedding images_e.h5
# A single step from places of another run.
"${embed[@]}" "${short[@]}" --import c1.h5 --train.iterations 0 --embedding imported.h5
# Groups of 12 alike: no bandwidth gives 4 neighbours.
"$bin/embed_tsne" --log warning --data doubled.h5 --model.perplexity 4 --train.iterations 60 \
  --embedding doubled_e.h5 2>&1 | tee doubled.txt
grep -q "144 points have as many duplicates as the perplexity" doubled.txt

"$python" - <<'CHECK'
import h5py
import numpy as np

def metrics(name):
    with h5py.File(name) as f:
        return {key: f["metrics/train"][key][:] for key in ("objective", "gradient_norm", "step")}

def places(name):
    with h5py.File(name) as f:
        assert f["train/class"].shape == (150,) and f["train/names"].shape == (5,)
        return f["train/embedding"][:]

one = metrics("run1.h5")
assert np.array_equal(np.flatnonzero(np.isfinite(one["objective"])), [49, 99, 149])
for name in ("run2.h5", "run3.h5", "rest.h5"):
    other = metrics(name)
    for key, values in one.items():
        assert np.array_equal(values, other[key], equal_nan=True), (name, key)
for name in ("e2.h5", "e3.h5", "rest_e.h5", "images_e.h5", "imported.h5"):
    assert np.array_equal(places("e1.h5"), places(name)), name
for name in ("c2.h5", "c3.h5", "rest_c.h5"):
    with h5py.File("c1.h5") as a, h5py.File(name) as b:
        assert a.attrs["step"] == b.attrs["step"] == 160
        for key in ("parameters", "optimizer/velocity", "optimizer/gain"):
            assert np.array_equal(a[key + "/embedding"][:], b[key + "/embedding"][:]), (name, key)

labels = np.arange(150) % 5
for kind in ("tsne", "ssne"):
    for affinities in ("nearest", "exact"):
        y = places(f"{kind}_{affinities}.h5")
        distances = ((y[:, None] - y[None]) ** 2).sum(2)
        np.fill_diagonal(distances, np.inf)
        wrong = (labels[distances.argmin(1)] != labels).mean()
        objective = metrics(f"{kind}_{affinities}.run")["objective"]
        objective = objective[np.isfinite(objective)]
        print(kind, affinities, "error of the nearest neighbour", wrong, "divergence", objective)
        assert wrong < 0.02 and objective[-1] < objective[0]
        with h5py.File(f"{kind}_{affinities}.h5") as f:
            assert f.attrs["divergence"] <= objective[-1] * (1 + 1e-6)
            assert f.attrs["source"] in (kind, kind.encode())
assert places("space.h5").shape == (150, 3)
with h5py.File("doubled_e.h5") as f:
    y = f["train/embedding"][:]
    assert np.isfinite(y).all() and "class" not in f["train"]
CHECK
PYTHONPATH=$source/tests/drivers "$python" - <<'FIGURE'
import h5py
import numpy as np

from figures import draw, shows, titles

figure, pixels = draw("plot_embedding.py", "t-SNE=tsne_nearest.h5", "SSNE=ssne_nearest.h5",
                      "3-d=space.h5", "embedding.png")
assert titles(figure) == ["t-SNE", "SSNE", "3-d"]
for axis, name in zip(figure.axes, ("tsne_nearest", "ssne_nearest", "space")):
    with h5py.File(name + ".h5") as f:
        y, labels = f["train/embedding"][:], f["train/class"][:]
    y = y - y.mean(0)
    dots = axis.collections[0]
    found = np.asarray(dots.get_offsets())
    assert found.shape == (150, 2) and np.array_equal(dots.get_array(), labels)
    if y.shape[1] == 3:  # the plane of the principal components
        directions = np.linalg.eigh(y.T @ y)[1][:, :0:-1]
        assert np.allclose(np.abs(found), np.abs(y @ directions), atol=1e-9)
    else:
        assert np.allclose(found, y, atol=1e-12)
    for label in range(5):
        assert shows(figure, axis, pixels, dots.cmap(label / 4)), label
legend = figure.axes[-1].get_legend()
assert [entry.get_text() for entry in legend.get_texts()] == ["0", "1", "2", "3", "4"]
FIGURE

expect_failure "with 150 points it must be greater than 1 and less than 49.6667" "${embed[@]}" \
  --data points.h5 --model.perplexity 49.7
expect_failure "with 40 points it must be greater than 1 and less than 13" "${embed[@]}" \
  --data same.h5
expect_failure "all points are the same" "${embed[@]}" --data same.h5 --model.perplexity 5
expect_failure "model.perplexity must exceed 1" "${embed[@]}" --data points.h5 --model.perplexity 1
expect_failure "dimensions must be 1 to 10" "${embed[@]}" --data points.h5 --model.dimensions 11
expect_failure "give --data FILE" "${embed[@]}"
expect_failure "is of another model: tsne, 150 points, 2 dimensions, not ssne" "${embed[@]}" \
  "${short[@]}" --model.kind ssne --checkpoint c1.h5 --resume auto
expect_failure "holds no parameter of a name and shape of this model" "${embed[@]}" "${short[@]}" \
  --model.dimensions 3 --import c1.h5
expect_failure "train.momentum must be" "${embed[@]}" --data points.h5 --train.momentum 1
"${embed[@]}" --config "$source/drivers/configurations/tsne.toml" --data points.h5 \
  --train.iterations 2
