# shellcheck shell=bash
# The classical method without a network: one large image by all ranks, several scales, images that
# leave nothing to cut, eigenvectors as a file and as a figure, and what is refused.
. "$(dirname "$0")/common.sh"
make_scenes
"$python" "$source/analysis/make_mosaic.py" --data scenes.h5 --rows 2 --columns 3 \
  --output mosaic.h5 >/dev/null
contour=("$bin/segment" --affinity contour --log off)

# The rows of one image over all ranks: the same segments.
for scales in 1 2; do
  "${contour[@]}" --contour.scales $scales --data mosaic.h5 --output "m${scales}_1.h5"
  for ranks in 2 3; do
    run_ranks $ranks "${contour[@]}" --contour.scales $scales --ranks_per_image $ranks \
      --data mosaic.h5 --output "m${scales}_$ranks.h5" 2>/dev/null
  done
done
# Eigenvectors of the first image, in double precision.
for scales in 1 2; do
  "${contour[@]}" --contour.scales $scales --data scenes.h5 --output "e$scales.h5" \
    --eigenvectors "v$scales.h5" --contour.tolerance 1e-9
done
# Groups of ranks for one image each.
"${contour[@]}" --data scenes.h5 --output s_1.h5
run_ranks 4 "${contour[@]}" --ranks_per_image 2 --data scenes.h5 --output s_4.h5 2>/dev/null
"$python" - <<'CHECK'
import h5py
import numpy as np


def labels(name):
    with h5py.File(name) as file:
        return file["segmentations/labels"][:], file["segmentations/segments"][:]


for first, others in (("m1_1", ("m1_2", "m1_3")), ("m2_1", ("m2_2", "m2_3")), ("s_1", ("s_4",))):
    expected, segments = labels(f"{first}.h5")
    assert segments.max() > 3, segments
    for other in others:
        found, _ = labels(f"{other}.h5")
        assert np.array_equal(found, expected), (other, np.mean(found != expected))
assert not np.array_equal(labels("m1_1.h5")[0], labels("m2_1.h5")[0])

# The first eigenvector is constant, and its eigenvalue 1.
for name in ("v1.h5", "v2.h5"):
    with h5py.File(name) as file:
        values, vectors = file["eigenvalues"][:], file["eigenvectors"][:]
        assert vectors.shape == (*file["image"].shape[:2], file.attrs["vectors"])
        assert file.attrs["name"].startswith(b"scene_3_000")
    assert abs(values[0] - 1) < 1e-9 and (np.diff(values) <= 0).all()
    assert len(values) > vectors.shape[2]
    first = vectors[:, :, 0]
    assert np.ptp(first) < 1e-4 * abs(first).max(), np.ptp(first) / abs(first).max()
    assert np.ptp(vectors[:, :, 1]) > abs(vectors[:, :, 1]).max() / 2
CHECK

# Several scales are scored like one.
for name in m1_1 m2_1; do
  "$bin/evaluate_segmentation" --data mosaic.h5 --segmentations $name.h5 --output $name.e.h5 >/dev/null
done

# Images without an edge, smaller than the radius, and of one pixel.
"$python" - "$source/analysis" <<'DATA'
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
from eigenprop_data import dataset_writer

random = np.random.default_rng(1)
with dataset_writer("odd.h5", "test") as writer:
    for name, shape in (("flat", (24, 24)), ("small", (4, 5)), ("line", (1, 30)), ("post", (30, 1)),
                        ("pixel", (1, 1)), ("pair", (2, 1)), ("flat pair", (1, 2)), ("square", (2, 2)),
                        ("flat post", (3, 1))):
        pixels = random.integers(0, 256, (*shape, 3), dtype=np.uint8)
        flat = name.startswith("flat")
        writer.add(name, 0 * pixels + 100 if flat else pixels, [np.zeros(shape, int)])
with dataset_writer("few.h5", "test") as writer:
    noise = random.integers(0, 256, (24, 26, 3), dtype=np.uint8)
    writer.add("noise", noise, [np.zeros((24, 26), int)])
DATA
for scales in 1 2; do
  "${contour[@]}" --contour.scales $scales --data odd.h5 --output "odd$scales.h5" \
    --contour.radius 10
  run_ranks 3 "${contour[@]}" --contour.scales $scales --ranks_per_image 3 --data odd.h5 \
    --output "odd${scales}_3.h5" --contour.radius 10 2>/dev/null
done

PYTHONPATH=$source/tests/drivers "$python" - <<'FIGURE'
import h5py
import numpy as np

from figures import draw, images, titles

figure, _ = draw("plot_eigenvectors.py", "--count", "5", "v1.h5", "vectors.png")
with h5py.File("v1.h5") as file:
    shown = images(figure)
    assert len(shown) == 6 and np.array_equal(shown[0], file["image"])
    values = file["eigenvalues"][:]
    for number, picture in enumerate(shown[1:], 1):
        assert np.array_equal(picture, file["eigenvectors"][:, :, number])
    assert f"{1 - values[1]:.1e}" in titles(figure)[1]
    axis = figure.axes[6]
    kept, beyond = axis.get_lines()
    assert np.array_equal(kept.get_ydata(), np.maximum(1 - values[1:16], 1e-16))
    assert len(beyond.get_xdata()) == len(values) - 16
FIGURE

# A small image: all products are soon done.
for scales in 1 2; do
  expect_one_line "did not converge" "${contour[@]}" --data few.h5 --output no.h5 \
    --contour.tolerance 1e-18 --contour.scales $scales
  grep -q "image 'noise': eigenvectors of the .* graph did not converge.* eigenvalue .* has residual" output.txt
done
expect_failure "contour.scale_factor must be a power of two" "${contour[@]}" --data odd.h5 \
  --output no.h5 --contour.scale_factor 3
expect_failure "contour.radius must lie between 1 and 10" "${contour[@]}" --data odd.h5 --output no.h5 --contour.radius 11
expect_failure "--eigenvectors tells those of an affinity graph" "$bin/segment" --features colour \
  --data odd.h5 --output no.h5 --eigenvectors no_v.h5
expect_failure "do not make a mosaic" "$python" "$source/analysis/make_mosaic.py" --data odd.h5 \
  --rows 3 --columns 4 --output no.h5
if [ -e no.h5 ]; then
  echo "FAILED: a program that failed left its output"
  exit 1
fi
