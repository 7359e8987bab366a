# shellcheck shell=bash
# train_dictionary: the first steps of every objective against NumPy and SciPy, the same numbers on
# every number of ranks and after a restart, atoms that collapse, patches, figures, and wrong input.
. "$(dirname "$0")/common.sh"
"$python" - <<'DATA'
import numpy as np

# Twelve patches of 4 x 4 a source, sparsely mixed; some are zero.
generator = np.random.default_rng(8)
sources = generator.normal(size=(20, 16))
codes = generator.normal(size=(150, 20)) * (generator.uniform(size=(150, 20)) < 0.15)
patches = codes @ sources + generator.normal(0, 0.05, (150, 16))
patches[[3, 70]] = 0
np.savez("patches.npz", features=patches.reshape(150, 4, 4))
np.savez("zero.npz", features=np.zeros((150, 4)))
DATA
for set in patches zero; do
  "$python" "$source/analysis/pack_points.py" --npz $set.npz --output $set.h5 >/dev/null
done
train=("$bin/train_dictionary" --log off --data patches.h5 --model.atoms 12 --train.unit 16)
exact=(--codes.tolerance 1e-11 --codes.iterations 100000)
one_step=(--train.epochs 1 --train.batch 150 --train.schedule constant --train.rate 0.1 "${exact[@]}")
map=(--model.objective topographic --model.map 3 4)

# One step on all points.
"${train[@]}" --train.epochs 0 --output none.h5 --checkpoint start.h5
for method in fista ista; do
  "${train[@]}" "${one_step[@]}" --codes.method $method --output $method.h5 --checkpoint ${method}_c.h5
done
"${train[@]}" "${map[@]}" "${one_step[@]}" --codes.tolerance 1e-6 --codes.iterations 400 --model.constraint none \
  --model.decay 0.02 --output map.h5 --checkpoint map_c.h5

# The same on every number of ranks, and after a restart.
steps=(--train.epochs 4 --train.batch 40 --train.rate 0.1 --codes.tolerance 1e-6)
alternate=(--model.constraint none --model.decay 0.1 --train.method lmvm --train.iterations 6
  --train.restart 8)
rica=(--model.objective rica --train.method cg --train.iterations 9 --train.restart 3)
for ranks in 1 2 3 4 7; do
  run_ranks $ranks "${train[@]}" "${steps[@]}" --validation patches.h5 --output sgd$ranks.h5 \
    --checkpoint sgd${ranks}_c.h5
  run_ranks $ranks "${train[@]}" "${rica[@]}" --output rica$ranks.h5 --checkpoint rica${ranks}_c.h5
  run_ranks $ranks "${train[@]}" "${alternate[@]}" --output tao$ranks.h5 --checkpoint tao${ranks}_c.h5
done
for ranks in 1 2; do
  run_ranks $ranks "${train[@]}" "${map[@]}" "${steps[@]}" --output map$ranks.h5 \
    --checkpoint map${ranks}_c.h5
done
for kind in sgd rica tao; do
  same_training 1e-13 1e-12 ${kind}1 ${kind}2 ${kind}3 ${kind}4 ${kind}7
done
# Codes on a map are searched until their gradient is small, not to the last digit.
same_training 1e-8 1e-6 map1 map2
"${train[@]}" "${alternate[@]}" --train.iterations 2 --output rest.h5 --checkpoint rest_c.h5
"${train[@]}" "${alternate[@]}" --output rest.h5 --checkpoint rest_c.h5 --resume auto
"${train[@]}" "${rica[@]}" --train.iterations 3 --output rest_rica.h5 --checkpoint rest_rica_c.h5
"${train[@]}" "${rica[@]}" --output rest_rica.h5 --checkpoint rest_rica_c.h5 --resume auto
same_training 0 0 tao1 rest
same_training 0 0 rica1 rest_rica

# Two atoms have collapsed: no point uses them, and after an epoch they begin afresh.
"$python" - <<'COLLAPSE'
import shutil

import h5py

shutil.copy("start.h5", "collapsed.h5")
with h5py.File("collapsed.h5", "r+") as file:
    for atom in (2, 7):
        file["parameters/dictionary"][atom] = 0
COLLAPSE
"${train[@]}" "${steps[@]}" --train.epochs 2 --import collapsed.h5 --output again.h5 --checkpoint again_c.h5

"$python" - <<'CHECK'
import h5py
import numpy as np
from scipy.optimize import minimize

def column(name, key, table="train"):
    with h5py.File(name) as f:
        return f[f"metrics/{table}/{key}"][:]

def dictionary(name):
    with h5py.File(name) as f:
        return f["parameters/dictionary"][:]

def close(a, b, bound, what):
    error = np.abs(np.asarray(a) / np.asarray(b) - 1).max()
    print(f"{what}: {error:.1e}")
    assert error < bound, what

x = np.load("patches.npz")["features"].reshape(150, 16)
first = dictionary("start.h5")
assert np.allclose(np.linalg.norm(first, axis=1), 1)
assert all((np.abs(x / np.maximum(np.linalg.norm(x, axis=1), 1e-9)[:, None] - d).sum(1) < 1e-9).any()
           for d in first)

# Sparse coding by coordinate descent, one coefficient after another.
def lasso(x, D, sparsity):
    gram, b, s = D @ D.T, x @ D.T, np.zeros((len(x), len(D)))
    for _ in range(4000):
        for k in range(len(D)):
            slope = 2 * (b[:, k] - s @ gram[:, k] + s[:, k] * gram[k, k])
            s[:, k] = np.sign(slope) * np.maximum(np.abs(slope) - sparsity, 0) / (2 * gram[k, k])
    return s
s = lasso(x, first, 0.5)
residual = s @ first - x
reconstruction = (residual ** 2).sum() / 150
stepped = first - 0.1 * 2 / 150 * s.T @ residual
stepped /= np.maximum(np.linalg.norm(stepped, axis=1), 1)[:, None]
for method in ("fista", "ista"):
    close(column(method + ".h5", "objective")[0], reconstruction + 0.5 * np.abs(s).sum() / 150, 1e-11,
          method)
    close(column(method + ".h5", "reconstruction")[0], reconstruction, 1e-9, "reconstruction")
    assert abs(column(method + ".h5", "active")[0] - (s != 0).mean()) < 1e-12
    assert column(method + ".h5", "unfinished")[0] == 0
    worst = np.abs(dictionary(method + "_c.h5") - stepped).max()
    print("dictionary", worst)
    assert worst < 1e-9

# Topographic sparse coding by SciPy.
V = np.zeros((12, 12))
for a in range(12):
    for b in range(12):
        rows, columns = abs(a // 4 - b // 4), abs(a % 4 - b % 4)
        V[a, b] = min(rows, 3 - rows) <= 1 and min(columns, 4 - columns) <= 1
def smooth(flat):
    s = flat.reshape(150, 12)
    residual, root = s @ first - x, np.sqrt(s ** 2 @ V + 1e-2)
    return ((residual ** 2).sum() + 0.5 * root.sum(),
            (2 * residual @ first.T + 0.5 * s * (1 / root @ V.T)).ravel())
found = minimize(smooth, np.zeros(150 * 12), jac=True, method="L-BFGS-B",
                 options=dict(maxiter=5000, maxfun=10000, ftol=1e-16, gtol=1e-9))
close(column("map.h5", "objective")[0], found.fun / 150 + 0.02 * (first ** 2).sum(), 1e-9, "topographic")
s = found.x.reshape(150, 12)
stepped = first - 0.1 * (2 / 150 * s.T @ (s @ first - x) + 2 * 0.02 * first)
assert np.abs(dictionary("map_c.h5") - stepped).max() < 1e-7

for name in ("sgd", "rica", "tao", "map"):
    objective = column(f"{name}1.h5", "objective")
    assert objective[-1] < objective[0], name
assert (np.diff(column("tao1.h5", "objective")) < 1e-9).all()
scores = column("sgd1.h5", "objective", "validation")
assert len(scores) == 4 and scores[-1] < scores[0]
norms = np.linalg.norm(dictionary("sgd1_c.h5"), axis=1)
assert norms.max() < 1 + 1e-12 and norms.min() > 0.5

replaced = column("again.h5", "replaced")
print("replaced", replaced)
assert list(replaced) == [0, 0, 0, 2, 0, 0, 0, 0]
assert np.linalg.norm(dictionary("again_c.h5"), axis=1).min() > 0.5
CHECK

# Patches of packed images, and figures.
make_scenes
patches=("$python" "$source/analysis/pack_patches.py" --data scenes.h5)
"${patches[@]}" --size 6 --count 400 --output colour.h5
"${patches[@]}" --size 4 --count 400 --grey --whiten none --output grey.h5 >/dev/null
"$bin/train_dictionary" --log off --data colour.h5 --model.atoms 9 --train.epochs 1 --output colour_run.h5 \
  --checkpoint colour_c.h5
"$bin/train_dictionary" --log off --data colour.h5 --model.objective autoencoder --model.atoms 9 \
  --model.tied true --train.rate 0.001 --train.epochs 1 --output auto_run.h5 --checkpoint auto_c.h5
PYTHONPATH=$source/tests/drivers "$python" - <<'FIGURE'
import h5py
import numpy as np

from figures import draw, images, titles

figure, _ = draw("plot_dictionary.py", "sparse=colour_c.h5", "autoencoder=auto_c.h5", "--unwhiten",
                 "--patches", "colour.h5", "dictionary.png")
assert titles(figure) == ["sparse", "autoencoder"]
with h5py.File("colour.h5") as file:
    unwhiten = np.linalg.inv(file["whitening/matrix"][:])
with h5py.File("colour_c.h5") as sparse, h5py.File("auto_c.h5") as auto:
    learned = sparse["parameters/dictionary"][:], auto["parameters/encoder"][:].T
for sheet, atoms in zip(images(figure), learned):
    atoms = atoms @ unwhiten
    atoms = atoms[np.argsort(-np.linalg.norm(atoms, axis=1))].reshape(9, 6, 6, 3)
    # Three by three tiles with a white line around each; an atom's zero is grey.
    assert sheet.shape == (22, 22, 3) and (sheet[::7] == 1).all() and (sheet[:, ::7] == 1).all()
    for i, atom in enumerate(atoms):
        y, x = 7 * (i // 3) + 1, 7 * (i % 3) + 1
        expected = 0.5 + 0.5 * atom / np.abs(atom).max()
        assert np.abs(sheet[y:y + 6, x:x + 6] - expected).max() < 1e-6, i
FIGURE
"$python" - <<'PATCHES'
import h5py
import numpy as np

with h5py.File("colour.h5") as f, h5py.File("scenes.h5") as scenes:
    rows = f["features"][:].reshape(400, -1).astype(float)
    assert f["features"].shape == (400, 6, 6, 3)
    assert abs((rows ** 2).mean() - 1) < 1e-5 and np.abs(rows.mean(0)).max() < 1e-5
    covariance = np.cov(rows, rowvar=False)
    values = np.linalg.eigvalsh(covariance)
    assert values[-1] < 3 * values[len(values) // 2], values
    # Taken back, a patch is found in an image, up to its mean.
    patch = rows[0] @ np.linalg.inv(f["whitening/matrix"][:]) + f["whitening/mean"][:]
    pixels, size = scenes["images/pixels"][:].astype(float) / 255, scenes["images/size"][:]
    offset = scenes["images/offset"][:]
    best = np.inf
    for i, (height, width) in enumerate(size):
        image = pixels[offset[i]:offset[i + 1]].reshape(height, width, 3)
        windows = np.lib.stride_tricks.sliding_window_view(image, (6, 6, 3)).reshape(-1, 108)
        windows = windows - windows.mean(1, keepdims=True)
        best = min(best, np.abs(windows - patch).max(1).min())
    assert best < 1e-4, best
PATCHES

# Wrong input.
expect_failure "model.sparsity must be a number of at least 0" "${train[@]}" --model.sparsity -1
expect_failure "model.decay must be a number of at least 0" "${train[@]}" --model.decay -0.1
expect_failure "needs a positive model.decay" "${train[@]}" --model.constraint none
expect_failure "know no constraint" "${train[@]}" --train.method cg
expect_failure "product is model.atoms" "${train[@]}" --model.objective topographic --model.map 4 4
expect_failure "64 random points are zero" "$bin/train_dictionary" --log off --data zero.h5
expect_failure "no image has 200 x 200 pixels" "${patches[@]}" --size 200 --output x.h5
expect_failure "features are no patches" "$python" "$source/analysis/plot_dictionary.py" colour_c.h5 \
  --patches zero.h5 --output x.png
expect_failure "has no whitening" "$python" "$source/analysis/plot_dictionary.py" colour_c.h5 \
  --patches grey.h5 --unwhiten --output x.png
