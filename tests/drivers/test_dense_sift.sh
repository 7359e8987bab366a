# shellcheck shell=bash
# Dense SIFT: features against OpenCV's called directly, masks, and what it says of wrong input;
# second-order pooling learns on them, with the same losses on one and two ranks.
. "$(dirname "$0")/common.sh"
"$python" "$source/tests/drivers/make_coco.py"
"$python" "$source/analysis/pack_coco.py" --images coco --annotations instances.json \
  --output objects.h5 >/dev/null
mkdir without
echo 'raise ImportError("no OpenCV here")' >without/cv2.py
sift() { "$python" "$source/analysis/dense_sift.py" --output "$1" --data "${@:2}"; }
expect_failure "error: OpenCV with SIFT is missing" env PYTHONPATH=without "$python" \
  "$source/analysis/dense_sift.py" --data objects.h5 --output bad.h5
if ! "$python" -c 'import cv2; cv2.SIFT_create' 2>/dev/null; then
  echo "no OpenCV with SIFT for $python"
  exit 77
fi

sift features.h5 objects.h5 --step 50 --cells 4 7.5 >said.txt
grep -qx "features.h5: 6 images, 50 descriptors each (5 x 5 points, 2 widths)" said.txt
sift region.h5 objects.h5 --step 50 --cells 4 7.5 --region --processes 1 >/dev/null
sift enlarged.h5 objects.h5 --step 150 --cells 6 --enlarge 2 --limit 2 >/dev/null
"$python" - <<'CHECK'
import cv2
import h5py
import numpy as np

with h5py.File("objects.h5") as file:
    images = file["images/pixels"][:].reshape(-1, 227, 227, 3)
    masks = file["masks/pixels"][:].reshape(-1, 227, 227)
    labels, names = file["labels/class"][:], file["labels/names"][:]
with h5py.File("features.h5") as file:
    features = file["features"][:]
    assert file["features"].chunks == (1, 50, 128) and features.dtype == np.float32
    assert file.attrs["format"] == b"eigenprop-activations"
    assert file.attrs["cells"].tolist() == [4, 7.5] and file.attrs["step"] == 50
    assert file.attrs["grid"].tolist() == [5, 5]
    assert np.array_equal(file["labels/class"], labels)
    assert np.array_equal(file["labels/names"], names)
    assert file["images/name"][0] == b"colour_12"


def direct(image, points):
    """Descriptors of (x, y, width of a cell), one call of OpenCV each."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
    rows = [cv2.SIFT_create().compute(grey, [cv2.KeyPoint(x, y, cell * 2 / 3, 0)])[1][0] / 512
            for x, y, cell in points]
    return np.array(rows, np.float32)


places = [13, 63, 113, 163, 213]
points = [(x, y, cell) for cell in (4, 7.5) for y in places for x in places]
for image, found in zip(images, features):
    assert np.array_equal(found, direct(image, points))
lengths = np.linalg.norm(features, axis=2)
assert lengths.max() < 1.05 and np.median(lengths[lengths > 0]) > 0.95
with h5py.File("region.h5") as file:
    on = np.array([[mask[y, x] for x, y, _ in points] for mask in masks])
    assert np.array_equal(file["features"], features * on[:, :, None].astype(np.float32))
    assert 0 < on.mean() < 1 and file.attrs["region"] == 1
with h5py.File("enlarged.h5") as file:
    large = [cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (454, 454),
                        interpolation=cv2.INTER_CUBIC) for image in images[:2]]
    places = [1.5, 151.5, 301.5, 451.5]
    expected = np.array([direct(image, [(x, y, 6) for y in places for x in places])
                         for image in large])
    assert np.array_equal(file["features"], expected)
CHECK

# Stripes of three directions, all of one size.
"$python" "$source/tests/drivers/make_textures.py" train_images.h5 60 1 24
"$python" "$source/tests/drivers/make_textures.py" test_images.h5 30 2 24
for part in train test; do sift $part.h5 ${part}_images.h5 --step 6 --cells 2 >/dev/null; done
train=("$bin/train_classifier" --config "$source/drivers/configurations/sift_o2p.toml"
  --train.epochs 4 --train.batch 20 --train.unit 4 --log off --output run.h5)
for ranks in 1 2; do
  run_ranks $ranks "${train[@]}" --data train.h5 --test test.h5 --output run$ranks.h5 \
    --checkpoint run${ranks}_c.h5
done
same_training 1e-15 0 run1 run2
"$python" - <<'CHECK'
import h5py
import numpy as np

one, two = h5py.File("run1.h5")["metrics"], h5py.File("run2.h5")["metrics"]
losses = one["train/objective"][:]
assert len(losses) == 12
print(f"losses {losses[0]:.3f} ... {losses[-1]:.3f}")
assert np.array_equal(one["test/error_top1"][:], two["test/error_top1"][:])
assert one["test/error_top1"][-1] < 0.1, one["test/error_top1"][:]
CHECK
"${train[@]}" --data train.h5 --dry-run | grep -q "128, 128"

"$python" - <<'BAD'
import shutil
import h5py

for name in ("infinite", "unlabelled", "flat"):
    shutil.copy("train.h5", name + ".h5")
with h5py.File("infinite.h5", "r+") as f:
    f["features"][17, 3, 5] = float("nan")
with h5py.File("unlabelled.h5", "r+") as f:
    del f["labels"]
with h5py.File("flat.h5", "r+") as f:
    flat = f["features"][:, 0, 0]
    del f["features"]
    f["features"] = flat
shutil.copy("objects.h5", "maskless.h5")
with h5py.File("maskless.h5", "r+") as f:
    del f["masks"]
BAD
expect_failure "the features of image 'stripes_017' are not finite" "${train[@]}" --data infinite.h5
expect_failure "it has no labels" "${train[@]}" --data unlabelled.h5
expect_failure "not (samples, dimensions), (samples, locations" "${train[@]}" --data flat.h5
expect_failure "samples of 'train_images.h5' are (32, 32, 3)" "${train[@]}" --data train.h5 \
  --test train_images.h5
expect_failure "its format is 'eigenprop-run'" "${train[@]}" --data run1.h5
"$python" "$source/tests/drivers/make_textures.py" mixed.h5 9 1
expect_failure "needs images of one size; there are 3 sizes" sift bad.h5 mixed.h5
expect_failure "format is 'eigenprop-activations', expected 'eigenprop-classification'" \
  sift bad.h5 train.h5
expect_failure "--region needs masks" sift bad.h5 maskless.h5 --region
expect_failure "--step: must be at least 1" sift bad.h5 objects.h5 --step 0
expect_failure "must be positive" sift bad.h5 objects.h5 --cells 4 -1
[ -z "$(find . -name '*bad*')" ]
