# shellcheck shell=bash
# extract_activations: stored values against NumPy and SciPy from the checkpoint's weights, the same
# on every number of ranks; and what it says of wrong input.
. "$(dirname "$0")/common.sh"
"$python" "$source/tests/drivers/make_textures.py" train.h5 21 1 14
"$bin/train_classifier" --data train.h5 --view.side 14 --train.epochs 2 --train.batch 7 \
  --model.layers "conv1: conv 8 5 stride=2 pad=0" "relu1: relu" "drop: dropout 0.5" \
  "pooled: second_order epsilon=1e-2" "triangle: upper_triangle" --train.rate 0.02 --log off
extract=("$bin/extract_activations" --data train.h5 --log off)
for ranks in 1 2 3 4; do
  run_ranks $ranks "${extract[@]}" --layer pooled --output pooled$ranks.h5 --unit 4
done
"${extract[@]}" --layer relu1 --output relu1.h5
"${extract[@]}" --layer pooled.pooling --output double.h5

"$python" - <<'CHECK'
import h5py
import numpy as np

with h5py.File("train.h5") as f:
    images = f["images/pixels"][:].reshape(21, 14, 14, 3).astype(float)
    labels, names = f["labels/class"][:], f["images/name"][:]
with h5py.File("checkpoint.h5") as f:
    weight, bias = f["parameters/conv1.weight"][:].astype(float), f["parameters/conv1.bias"][:]
x = (images - [123.675, 116.28, 103.53]) / [58.395, 57.12, 57.375]
maps = np.zeros((21, 5, 5, 8))
for i in range(5):
    for j in range(5):
        window = x[:, 2 * i:2 * i + 5, 2 * j:2 * j + 5]
        maps[:, i, j] = np.einsum("nhwc,hwcd->nd", window, weight) + bias
maps = np.maximum(maps, 0)
features = maps.reshape(21, 25, 8)
values, vectors = np.linalg.eigh(features.transpose(0, 2, 1) @ features + 1e-2 * np.eye(8))
pooled = (vectors * np.log(values)[:, None]) @ vectors.transpose(0, 2, 1)
for name, expected, kind in (("relu1", maps, np.float32), ("pooled1", pooled, np.float32),
                             ("double", pooled, np.float64)):
    with h5py.File(f"{name}.h5") as f:
        assert f.attrs["format"] in (b"eigenprop-activations", "eigenprop-activations")
        stored = f["features"]
        assert stored.dtype == kind, stored.dtype
        assert stored.chunks[1:] == stored.shape[1:], "a chunk holds whole images"
        worst = np.abs(stored[:] - expected).max() / np.abs(expected).max()
        print(f"{name}: largest difference {worst:.1e}")
        assert worst < 5e-6, name
        assert np.array_equal(f["labels/class"][:], labels)
        assert np.array_equal(f["images/name"][:], names)
        assert len(f["labels/names"]) == 3
CHECK
for ranks in 2 3 4; do h5diff pooled1.h5 "pooled$ranks.h5"; done

# Stored maps are data in their turn, with their height and width.
"$bin/train_classifier" --data relu1.h5 --test relu1.h5 --train.epochs 1 --log off \
  --model.layers "conv: conv 4 3" "average: global_average" --output second.h5 \
  --checkpoint second_c.h5
"$bin/extract_activations" --data relu1.h5 --checkpoint second_c.h5 --layer conv --output conv.h5 \
  --log off
"$python" -c 'import h5py; assert h5py.File("conv.h5")["features"].shape == (21, 5, 5, 4)'

expect_failure "there is no layer 'pool'; there are: conv1, relu1, drop" "${extract[@]}" --layer pool
expect_failure "layer 'loss' has no output for each image" "${extract[@]}" --layer loss
expect_failure "give --layer NAME" "${extract[@]}"
expect_failure "there is no file 'none.h5'" "${extract[@]}" --layer relu1 --checkpoint none.h5

# One image whose maps overflow on their way into a factorization: the message names the image, the
# layer and the rank, in order and in training's.
lift=(--log off --output second.h5 --checkpoint second_c.h5 --train.unit 4 --model.layers
  "lift: conv 8 1 std=10" "pooled: second_order" "triangle: upper_triangle")
"$bin/train_classifier" --data relu1.h5 --train.epochs 0 "${lift[@]}"
"$python" - <<'HUGE'
import h5py
import shutil

shutil.copy("relu1.h5", "huge.h5")
with h5py.File("huge.h5", "r+") as f:
    f["features"][18] = 3e38
HUGE
named="image 'stripes_018': layer 'pooled.pooling': sample"
expect_failure "$named" run_ranks 2 "$bin/extract_activations" --data huge.h5 \
  --checkpoint second_c.h5 --layer pooled --output huge_out.h5 --log off
grep -q "(rank 1, .*gram_function.cpp:" output.txt
expect_failure "$named" run_ranks 2 "$bin/train_classifier" --data huge.h5 --train.epochs 1 "${lift[@]}"
expect_failure "$named" run_ranks 2 "$bin/train_classifier" --data relu1.h5 --test huge.h5 \
  --train.epochs 1 --train.rate 1e-9 "${lift[@]}"

cp relu1.h5 kept.h5
"$python" - <<'BAD'
import h5py
import shutil

shutil.copy("checkpoint.h5", "nan.h5")
with h5py.File("nan.h5", "r+") as f:
    f["parameters/conv1.bias"][3] = float("nan")
with h5py.File("checkpoint.h5", "r+") as f:
    del f["parameters/conv1.bias"]
BAD
expect_failure "image 'stripes_000': layer 'pooled" run_ranks 2 "${extract[@]}" \
  --layer conv1 --checkpoint nan.h5 --output relu1.h5
expect_failure "is of another model" "${extract[@]}" --layer relu1 --output relu1.h5
cmp relu1.h5 kept.h5
