# shellcheck shell=bash
# train_embedding and evaluate_embedding: the same numbers on every number of ranks, after a stop and a
# restart, and by conjugate gradients, quasi-Newton and minibatches; scores against NumPy; and what
# they say of wrong input.
. "$(dirname "$0")/common.sh"
"$python" - <<'DATA'
import numpy as np

# Four noisy rings of classes with an angle, in eight dimensions of which two matter.
generator = np.random.default_rng(4)
def points(n):
    labels = np.arange(n) % 4
    angle = generator.uniform(0, 2 * np.pi, n)
    features = generator.normal(0, 0.7, (n, 8))
    features[:, 0] = labels + generator.normal(0, 0.1, n)
    features[:, 1] = np.cos(angle) + generator.normal(0, 0.1, n)
    features[:, 2] = np.sin(angle) + generator.normal(0, 0.1, n)
    return dict(features=features, labels=labels, targets=np.stack([np.cos(angle), np.sin(angle)], 1))
np.savez("train.npz", **points(300))
np.savez("test.npz", **points(80))
images = generator.normal(0, 1, (40, 12, 12))
np.savez("images.npz", features=images, labels=np.arange(40) % 3, targets=images[:, 5, 5:7] / 3)
DATA
for set in train test images; do
  "$python" "$source/analysis/pack_points.py" --npz $set.npz --output $set.h5 >/dev/null
done
train=("$bin/train_embedding" --log off)
evaluate=("$bin/evaluate_embedding" --train train.h5 --test test.h5)
linear=(--data train.h5 --model.dimensions 2 --train.iterations 20 --train.restart 5)

# Units that do not divide the points.
sgd=(--train.method sgd --train.epochs 30 --train.batch 40 --train.rate 0.05)
for ranks in 1 2 3 4 7; do
  run_ranks $ranks "${train[@]}" "${linear[@]}" --train.unit 23 --output run$ranks.h5 \
    --checkpoint run${ranks}_c.h5
  run_ranks $ranks "${train[@]}" "${linear[@]}" "${sgd[@]}" --train.unit 7 --output sgd$ranks.h5 \
    --checkpoint sgd${ranks}_c.h5
done
same_training 1e-13 1e-12 run1 run2 run3 run4 run7
same_training 1e-13 1e-12 sgd1 sgd2 sgd3 sgd4 sgd7
"${train[@]}" "${linear[@]}" --train.method lmvm --output lmvm.h5 --checkpoint lmvm_c.h5
"${train[@]}" "${linear[@]}" --train.objective ncar --model.initial pca --output ncar.h5 \
  --checkpoint ncar_c.h5
# A network in single precision with random connections.
network=(--data images.h5 --train.objective ncar --train.iterations 6 --train.restart 3 --train.unit 7
  --model.layers "conv1: conv 6 3 pad=0" "tanh1: abs_tanh" "pool1: avgpool 2" "beta1: scale"
  "conv2: conv 4 3 pad=0 connections=2" "pool2: lppool 2 p=3")
for ranks in 1 2 3 4 7; do
  run_ranks $ranks "${train[@]}" "${network[@]}" --output net$ranks.h5 --checkpoint net${ranks}_c.h5
done
same_training 1e-12 1e-11 net1 net2 net3 net4 net7
# Scores on the way, each point left out: those that evaluate_embedding finds after as many
# iterations, on any number of ranks.
scores=(--train.score_steps 5 --train.score_neighbours 4 --train.objective ncar)
run_ranks 2 "${train[@]}" "${linear[@]}" --train.restart 20 "${scores[@]}" --output scored.h5 \
  --checkpoint scored_c.h5
"${train[@]}" "${linear[@]}" --train.restart 20 --train.iterations 10 --train.objective ncar \
  --output half.h5 --checkpoint half_c.h5
for part in half scored; do
  "$bin/evaluate_embedding" --train train.h5 --checkpoint ${part}_c.h5 --output e_$part.h5 \
    --neighbours 4 >/dev/null
done
"${train[@]}" "${network[@]}" --train.method sgd --train.epochs 2 --train.batch 20 \
  --train.score_steps 2 --output scored_sgd.h5 --checkpoint scored_sgd_c.h5
"$bin/evaluate_embedding" --train images.h5 --checkpoint scored_sgd_c.h5 --output e_scored_sgd.h5
# Stopped in the middle, it goes on from the last restart: the same numbers again.
"${train[@]}" "${network[@]}" --train.iterations 3 --output rest.h5 --checkpoint rest_c.h5
"${train[@]}" "${network[@]}" --output rest.h5 --checkpoint rest_c.h5 --resume auto
same_training 0 0 net1 rest

for ranks in 1 3; do
  run_ranks $ranks "${evaluate[@]}" --checkpoint run1_c.h5 --angles true --output e$ranks.h5 >scores$ranks.txt
done
cmp scores1.txt scores3.txt
"${evaluate[@]}" --checkpoint ncar_c.h5 --angles true --output e_ncar.h5
"${evaluate[@]}" --method features --angles true --output e_features.h5
"${evaluate[@]}" --method pca --dimensions 3 --output e_pca.h5
"$bin/evaluate_embedding" --train train.h5 --checkpoint run1_c.h5 --output e_left_out.h5 --neighbours 1 4

"$python" - <<'CHECK'
import h5py
import numpy as np

def losses(name):
    with h5py.File(name) as f:
        return f["metrics/train/objective"][:]

reference, network = losses("run1.h5"), losses("net1.h5")
assert len(reference) == 20 and reference[-1] < reference[0]
assert len(network) == 6 and network[-1] < network[0]
print("cg", reference[-1], "lmvm", losses("lmvm.h5")[-1], "sgd", losses("sgd1.h5")[-3:].mean())
assert losses("lmvm.h5")[-1] < reference[0] and losses("sgd1.h5")[-3:].mean() < reference[0]
with h5py.File("net1_c.h5") as f:
    table = f["parameters/conv2.connections"][:]
    assert table.shape == (6, 4) and (table.sum(0) == 2).all() and set(table.ravel()) == {0, 1}

def check_scores(run, rows, evaluations):
    """Evaluations: {row of the table: (file, place of its number of neighbours)}."""
    with h5py.File(run) as f:
        table = {name: column[:] for name, column in f["metrics/score"].items()}
    assert list(table["step"]) == rows, table["step"]
    for row, (name, place) in evaluations.items():
        with h5py.File(name) as f:
            assert table["neighbours"][row] == f["scores/neighbours"][place]
            for kind in ("classification_error", "regression_error"):
                own, other = table[kind][row], f["scores"][kind][place]
                assert 0 < other and abs(own - other) < 1e-9, (run, kind, own, other)
check_scores("scored.h5", [5, 10, 15, 20], {1: ("e_half.h5", 0), 3: ("e_scored.h5", 0)})
check_scores("scored_sgd.h5", [2, 4], {1: ("e_scored_sgd.h5", 1)})

train, test = np.load("train.npz"), np.load("test.npz")
def check(name, leave_one_out=False):
    with h5py.File(name) as f:
        z = f["train/embedding"][:]
        queries, side = (z, train) if leave_one_out else (f["test/embedding"][:], test)
        distances = ((queries[:, None] - z[None]) ** 2).sum(2)
        if leave_one_out:
            np.fill_diagonal(distances, np.inf)
        order = np.argsort(distances, axis=1, kind="stable")
        assert np.array_equal(f["neighbours"][:], order[:, :f["neighbours"].shape[1]]), name
        for i, k in enumerate(f["scores/neighbours"][:]):
            votes = train["labels"][order[:, :k]]
            counts = np.array([[(v == c).sum() for c in range(4)] for v in votes])
            guess = [next(c for c in v if row[c] == row.max()) for v, row in zip(votes, counts)]
            error = np.mean(np.array(guess) != side["labels"])
            assert abs(f["scores/classification_error"][i] - error) < 1e-12, (name, k)
            mean = train["targets"][order[:, :k]].mean(1)
            rms = np.sqrt(((mean - side["targets"]) ** 2).sum(1).mean())
            assert abs(f["scores/regression_error"][i] - rms) < 1e-12, (name, k)
            angle = np.angle((mean @ [1, 1j]) / (side["targets"] @ [1, 1j]), deg=True)
            stored = f["scores/degrees"][i]
            assert np.isnan(stored) or abs(stored - np.abs(angle).mean()) < 1e-9, (name, k)
        return f["scores/classification_error"][:], f["scores/degrees"][:]
nca, ncar, features = check("e1.h5"), check("e_ncar.h5"), check("e_features.h5")
check("e_pca.h5")
check("e_left_out.h5", True)
print("classification", nca[0], "features", features[0], "degrees", ncar[1], "features", features[1])
assert (nca[0] < 0.6 * features[0]).all() and (ncar[1] < 0.6 * features[1]).all()
with h5py.File("e_pca.h5") as f:
    x = train["features"] - train["features"].mean(0)
    projected = x @ np.linalg.svd(x, full_matrices=False)[2][:3].T
    assert np.allclose(np.abs(f["train/embedding"][:]), np.abs(projected), atol=1e-9)
CHECK

# A trunk on images by minibatches, from CIFAR's binary batches packed as points: striped images,
# whose class is the direction.
"$python" - "$source/tests/drivers" <<'STRIPES'
import os
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
from make_textures import NAMES, stripes

os.makedirs("cifar")
generator = np.random.default_rng(6)
for name, count in (("data_batch_1", 60), ("test_batch", 30)):
    planes = [stripes(generator, i % 3, 32, 32).transpose(2, 0, 1).ravel() for i in range(count)]
    np.insert(np.array(planes), 0, np.arange(count) % 3, axis=1).tofile(f"cifar/{name}.bin")
with open("cifar/batches.meta.txt", "w") as file:
    file.write("\n".join(NAMES))
STRIPES
for split in train test; do
  "$python" "$source/analysis/pack_cifar.py" --data cifar --points --split $split \
    --output cifar_$split.h5
done
trunk=("${train[@]}" --config "$source/drivers/configurations/nca_cifar.toml" --data cifar_train.h5
  --train.batch 30 --train.epochs 6 --train.unit 12 --train.schedule constant --train.rate 0.01)
for ranks in 1 2; do
  run_ranks $ranks "${trunk[@]}" --output trunk$ranks.h5 --checkpoint trunk${ranks}_c.h5
done
"${trunk[@]}" --train.epochs 3 --output trunk_rest.h5 --checkpoint trunk_rest_c.h5
"${trunk[@]}" --output trunk_rest.h5 --checkpoint trunk_rest_c.h5 --resume auto
# The objective's gradient is in double: where it enters the network, its last bit may decide a rounding
# to single precision.
same_training 1e-6 1e-4 trunk1 trunk2
same_training 0 0 trunk1 trunk_rest
"$bin/evaluate_embedding" --train cifar_train.h5 --test cifar_test.h5 --checkpoint trunk1_c.h5 \
  --neighbours 3 --output e_trunk.h5
"$python" - <<'TRUNK'
import h5py
import numpy as np

def read(name, dataset):
    with h5py.File(name) as f:
        return f[dataset][:]
records = np.fromfile("cifar/data_batch_1.bin", np.uint8).reshape(60, 3073)
pixels = read("cifar_train.h5", "features")
assert pixels.dtype == np.uint8 and np.array_equal(
    pixels, records[:, 1:].reshape(60, 3, 32, 32).transpose(0, 2, 3, 1))
assert np.array_equal(read("cifar_train.h5", "labels/class"), records[:, 0])
objective = read("trunk1.h5", "metrics/train/objective")
assert len(objective) == 12 and objective[-2:].mean() < objective[:2].mean() - 0.2
# Chance is 2/3.
assert read("e_trunk.h5", "scores/classification_error")[0] < 0.1
TRUNK

# Figures.
"$bin/evaluate_embedding" --train images.h5 --method features --output e_images.h5 >/dev/null
PYTHONPATH=$source/tests/drivers "$python" - <<'FIGURES'
import h5py
import numpy as np

from figures import draw, images, titles

figure, _ = draw("plot_embedding.py", "NCA=e1.h5", "NCAR=e_ncar.h5", "embedding.png")
assert titles(figure)[:2] == ["NCA", "NCAR"] and len(figure.axes) == 4
for column, name in enumerate(("e1.h5", "e_ncar.h5")):
    with h5py.File(name) as f:
        train, test = f["train/embedding"][:], f["test/embedding"][:]
        targets = f["train/targets"][:]
        for row, colours in enumerate((f["train/class"][:], np.arctan2(targets[:, 1], targets[:, 0]))):
            dots, rings = figure.axes[2 * row + column].collections[:2]
            assert np.allclose(dots.get_offsets(), train - train.mean(0), atol=1e-12)
            assert np.allclose(rings.get_offsets(), test - train.mean(0), atol=1e-12)
            assert np.allclose(dots.get_array(), colours, atol=1e-12)

figure, _ = draw("plot_neighbours.py", "features=e_images.h5", "--train", "images.h5", "--test",
                 "images.h5", "--queries", "3", "neighbours.png")
with h5py.File("images.h5") as f, h5py.File("e_images.h5") as e:
    features, neighbours = f["features"][:].reshape(40, 12, 12), e["neighbours"][:]
expected = [i for query in (0, 20, 39) for i in (query, *neighbours[query, :4])]
shown = images(figure)
assert len(shown) == len(expected) == 15
for image, number in zip(shown, expected):
    assert np.array_equal(image, features[number]), number

figure, _ = draw("plot_filters.py", "net1_c.h5", "--layer", "conv1", "conv2", "filters.png")
assert titles(figure) == ["6 filters of layer 'conv1'",
                          "4 filters of layer 'conv2',\n2 of 6 input maps each"]
FIGURES
"$python" - "$source/analysis" <<'FILTERS'
import sys

import h5py
import numpy as np

sys.path.insert(0, sys.argv[1])
from plot_filters import filter_images, read_weights

# Of one input map: grey images. Of six: the two connected ones of each filter, one below the other.
assert filter_images(*read_weights("net1_c.h5", "conv1")).shape == (6, 3, 3, 1)
images = filter_images(*read_weights("net1_c.h5", "conv2"))
assert images.shape == (4, 7, 3, 1)
with h5py.File("net1_c.h5") as f:
    weights, table = f["parameters/conv2.weight"][:], f["parameters/conv2.connections"][:]
norms = [np.linalg.norm(weights[:, :, table[:, o] == 1, o]) for o in range(4)]
for image, o in zip(images[..., 0], np.argsort(norms)[::-1]):
    kernels = weights[:, :, table[:, o] == 1, o]
    expected = 0.5 + 0.5 * kernels / np.abs(kernels).max()
    assert np.allclose(image[:3], expected[..., 0]) and np.allclose(image[4:], expected[..., 1]), o
    assert np.isnan(image[3]).all()
FILTERS
expect_failure "layer 'embedding' is no convolution" "$python" "$source/analysis/plot_filters.py" \
  net1_c.h5 --layer embedding --output x.png

# Sets at the edge: three points on four ranks, one class only, a class with one member, points that
# coincide.
"$python" - <<'EDGE'
import h5py
import numpy as np

def store(name, features, labels):
    with h5py.File("train.h5") as whole, h5py.File(name, "w") as f:
        for key, value in whole.attrs.items():
            f.attrs[key] = value
        f["features"], f["labels/class"] = features, np.array(labels, np.int32)
        f["labels/names"] = whole["labels/names"][:]
x = np.random.default_rng(8).normal(0, 1, (20, 8))
store("three.h5", x[:3], [0, 1, 0])
store("one_class.h5", x, np.zeros(20))
store("lonely.h5", x, [1] + 19 * [0])
store("twins.h5", np.repeat(x[:10], 2, axis=0), np.arange(20) // 2 % 2)
EDGE
few=(--model.dimensions 2 --train.iterations 4 --train.unit 2 --train.seed 2)
for set in three one_class lonely twins; do
  for ranks in 1 4; do
    run_ranks $ranks "${train[@]}" --data $set.h5 "${few[@]}" --output $set$ranks.h5 \
      --checkpoint ${set}_c.h5
  done
done
for ranks in 1 4; do
  run_ranks $ranks "${train[@]}" --data three.h5 "${few[@]}" --train.method sgd --train.batch 2 \
    --train.epochs 3 --train.rate 0.05 --train.score_steps 1 --train.score_neighbours 1 \
    --output three_sgd$ranks.h5 --checkpoint three_sgd_c.h5
done
"$python" - <<'EDGES'
import h5py
import numpy as np

def losses(name):
    with h5py.File(name) as f:
        return f["metrics/train/objective"][:] if "metrics" in f else np.zeros(0)
for name in ("three", "one_class", "lonely", "twins", "three_sgd"):
    one, four = losses(f"{name}1.h5"), losses(f"{name}4.h5")
    print(name, one)
    assert len(one) == len(four) and np.isfinite(one).all(), name
    assert np.allclose(one, four, rtol=1e-9, atol=0), (name, one, four)
assert len(losses("three_sgd1.h5")) == 6
# One class is all neighbours; nobody is of the class of a lonely point.
assert np.allclose(losses("one_class1.h5"), -1, rtol=0, atol=1e-12)
assert np.allclose(losses("lonely1.h5"), -19 / 20, rtol=0, atol=1e-3)
for name in ("three1", "twins1"):
    values = losses(name + ".h5")
    assert values[-1] < values[0], (name, values)
EDGES

# Wrong input.
"$python" - <<'BAD'
import shutil
import h5py

for name in ("unlabelled", "infinite", "target", "other", "same", "huge"):
    shutil.copy("train.h5", name + ".h5")
with h5py.File("same.h5", "r+") as f:
    f["features"][:] = 0.25
with h5py.File("huge.h5", "r+") as f:
    f["features"][:] *= 1e160
with h5py.File("unlabelled.h5", "r+") as f:
    del f["labels"], f["targets"]
with h5py.File("infinite.h5", "r+") as f:
    f["features"][17, 3] = float("inf")
with h5py.File("target.h5", "r+") as f:
    f["targets"][9, 1] = float("nan")
with h5py.File("other.h5", "r+") as f:
    features = f["features"][:, :5]
    del f["features"]
    f["features"] = features
BAD
expect_failure "all points of 'same.h5' are the same" "${train[@]}" --data same.h5
expect_failure "the first embedding maps all points of 'same.h5' to one" "${train[@]}" \
  --data same.h5 --input.centre none --input.scale none
expect_failure "the features of 'huge.h5' are too large: their mean square overflows" \
  "${train[@]}" --data huge.h5
expect_failure "distances overflow in the first embedding of 'huge.h5'" "${train[@]}" --data huge.h5 \
  --input.scale none
expect_failure "layer 'pool1'" "${train[@]}" --data images.h5 --model.trunk alexnet
expect_failure "features of point 17 are not finite" "${train[@]}" --data infinite.h5
expect_failure "the target of point 9 is not finite" "${train[@]}" --data target.h5
expect_failure "has no classes (/labels/class), which nca needs" "${train[@]}" --data unlabelled.h5
expect_failure "has no targets (/targets), which ncar needs" "${train[@]}" --data unlabelled.h5 \
  --train.objective ncar
expect_failure "needs a model without layers" "${train[@]}" --data train.h5 --model.initial pca \
  --model.layers "a: dense 3"
expect_failure "can be connected to 1 to 6 input maps" "${train[@]}" --data images.h5 \
  --model.layers "conv1: conv 6 3" "conv2: conv 4 3 connections=7"
expect_failure "train.score_neighbours = 300: a point of 'train.h5' has 299 others" \
  "${train[@]}" --data train.h5 --train.score_steps 1 --train.score_neighbours 300
expect_failure "train.score_steps must not be negative" "${train[@]}" --data train.h5 \
  --train.score_steps -1
expect_failure "train.restart must be positive" "${train[@]}" --data train.h5 \
  --train.restart 0
expect_failure "have extents (5), the model takes (8)" "$bin/evaluate_embedding" --train train.h5 \
  --test other.h5 --checkpoint run1_c.h5
expect_failure "the number of neighbours must be 1 to 300" "${evaluate[@]}" --checkpoint run1_c.h5 \
  --neighbours 301
expect_failure "is of another model" "$bin/evaluate_embedding" --train other.h5 --checkpoint run1_c.h5
expect_failure "give --train FILE" "$bin/evaluate_embedding"
expect_failure "there is no file 'none.h5'" "${train[@]}" --data none.h5
for file in "$source"/drivers/configurations/{linear_nca,linear_ncar,cncar_coil,nca_cifar}.toml; do
  "${train[@]}" --config "$file" --dry-run --extents 32 32 3 >plan.txt
  grep -q "^total" plan.txt
done

# Classes far apart, whose objective is a plateau with a slope of zero: no error of the minimizer's.
"$python" - <<'PY'
import h5py
import numpy as np
features = np.random.default_rng(1).normal(size=(20, 4)) * 0.01
features[10:] += 10
with h5py.File("apart.h5", "w") as file:
    file.attrs["format"], file.attrs["version"] = "eigenprop-activations", 1
    file["features"] = features
    file["labels/class"] = np.arange(20, dtype=np.int32) // 10
    file["labels/names"] = np.array([b"a", b"b"])
PY
for method in cg lmvm; do
  "$bin/train_embedding" --data apart.h5 --model.dimensions 2 --model.spread 10 --log off \
    --train.method $method --train.iterations 100 --output apart_run.h5 --checkpoint apart_c.h5
done
