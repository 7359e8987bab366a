# shellcheck shell=bash
# Segments from hierarchies of contours: weights and levels are learned on training images, the same on
# any number of ranks; a trained boundary map segments better than the gradient alone; the written
# contours are those of the segments, also as the benchmark's ucm2; images that leave nothing to cut.
. "$(dirname "$0")/common.sh"
for split in "train 40 3" "held 12 4"; do
  read -r name count seed <<<"$split"
  "$python" "$source/analysis/make_scenes.py" --count "$count" --height 72 --width 96 --seed "$seed" \
    --output "$name.h5" >/dev/null
done
"$bin/train_ncuts" --config "$source/drivers/configurations/boundaries_scenes.toml" --data train.h5 \
  --view.long_side 96 --view.short_side 72 --train.epochs 40 --cuts.vectors 5 --output run.h5 \
  --checkpoint c.h5 --log off
fit=("$bin/fit_contours" --data train.h5 --log off)
segment=("$bin/segment" --data held.h5 --log off)

"${fit[@]}" --affinity contour --spectral false --output plain.toml
"${fit[@]}" --checkpoint c.h5 --output learned.toml
for ranks in 2 3; do
  run_ranks $ranks "${fit[@]}" --checkpoint c.h5 --output learned$ranks.toml
done
"${segment[@]}" --config plain.toml --output plain.h5
mkdir ucm2
"${segment[@]}" --config learned.toml --checkpoint c.h5 --output learned.h5 --ucm2 ucm2 \
  --eigenvectors v.h5 --shown scene_4_00005
"$bin/map_boundaries" --data held.h5 --checkpoint c.h5 --output maps.h5 --log off
"${segment[@]}" --features colour --output flat.h5
run_ranks 3 "${segment[@]}" --config learned.toml --checkpoint c.h5 --output learned3.h5
cmp learned.h5 learned3.h5
for name in plain learned; do
  mkdir $name
  "$bin/evaluate_segmentation" --data held.h5 --segmentations $name.h5 --output $name/e.h5 >/dev/null
done
for scored in "learned.h5 --contours" ucm2; do
  read -r from option <<<"$scored"
  mkdir "levels_$from"
  # shellcheck disable=SC2086
  "$bin/evaluate_segmentation" --data held.h5 --segmentations "$from" $option \
    --output "levels_$from/e.h5" >"levels_$from/printed"
done
for file in eval_cover.txt eval_cover_img.txt eval_cover_th.txt eval_RI_VOI.txt printed; do
  cmp "levels_learned.h5/$file" "levels_ucm2/$file"
done
"$python" - <<'CHECK'
import tomllib

import h5py
import numpy as np


def read(name):
    with open(name, "rb") as file:
        return tomllib.load(file)["hierarchy"]


learned, plain = read("learned.toml"), read("plain.toml")
print("learned:", learned)
print("plain:", plain)
assert learned["boundary"] > 0.3 and plain["edges"] > 0.3
assert abs(plain["boundary"]) < 1e-9 and abs(plain["spectral"]) < 1e-9
for ranks in (2, 3):
    other = read(f"learned{ranks}.toml")
    for key in ("bias", "boundary", "edges", "spectral"):
        assert abs(other[key] - learned[key]) < 1e-9, (ranks, key)
    assert other["thresholds"] == learned["thresholds"]
with h5py.File("plain/e.h5") as file:
    before = file["images/table2_average"][:]
with h5py.File("learned/e.h5") as file:
    after = file["images/table2_average"][:]
print(f"covering: gradient {before.mean():.3f}, learned {after.mean():.3f}")
assert after.mean() > before.mean() + 0.02, (before.mean(), after.mean())
# A segment of the file at one level: pixels between which no contour is above it.
with h5py.File("learned.h5") as file:
    levels, sizes = file["segmentations/level"][:8], file["images/size"][0]
    labels = file["segmentations/labels"][:8 * sizes.prod()].reshape(8, *sizes)
    contours = file["contours/values"][:(2 * sizes + 1).prod()].reshape(2 * sizes + 1)
across, down = contours[1::2, 2:-1:2], contours[2:-1:2, 1::2]
assert np.allclose(levels, learned["thresholds"])
for level, map in zip(levels, labels):
    # Beside a side above the level the segments differ; the map is ultrametric.
    np.testing.assert_array_equal(map[:, 1:] != map[:, :-1], across > level)
    np.testing.assert_array_equal(map[1:] != map[:-1], down > level)
counts = [len(np.unique(map)) for map in labels]
assert counts == sorted(counts, reverse=True) and counts[0] > 2, counts
CHECK

# The picture of the image that was asked for, and of the training.
PYTHONPATH=$source/tests/drivers "$python" - <<'FIGURES'
import h5py
import numpy as np

from figures import draw, images, titles

figure, _ = draw("plot_hierarchy.py", "--data", "held.h5", "--segmentations", "learned.h5",
                 "--eigenvectors", "v.h5", "--boundaries", "maps.h5", "hierarchy.png")
shown = images(figure)
assert len(shown) == 8 and titles(figure)[-1] == "ground truth", titles(figure)
with h5py.File("v.h5") as file, h5py.File("held.h5") as data:
    assert file.attrs["name"] == data["images/name"][5] == b"scene_4_00005"
    height, width = data["images/size"][5]
    start = data["images/offset"][5]
    pixels = data["images/pixels"][start:start + height * width].reshape(height, width, 3)
    assert np.array_equal(shown[0], pixels) and np.array_equal(file["image"], pixels)
    for number, picture in enumerate(shown[2:5], 1):
        assert np.array_equal(picture, file["eigenvectors"][:, :, number])
    first = data["images/first_segmentation"][5]
    place = data["segmentations/offset"][first]
    truth = data["segmentations/labels"][place:place + height * width].reshape(height, width)
with h5py.File("maps.h5") as file:
    assert np.array_equal(shown[1].ravel(), file["boundaries/probability"][start:start + pixels[..., 0].size])
with h5py.File("learned.h5") as file:
    place = file["contours/offset"][5]
    contours = file["contours/values"][place:place + (2 * height + 1) * (2 * width + 1)]
    contours = contours.reshape(2 * height + 1, 2 * width + 1)
# Lines are thickened, by a pixel.
assert (shown[5] >= contours).all() and shown[5].max() == contours.max() > 0
assert shown[5][20, 30] == contours[19:22, 29:32].max()
across = truth[:, 1:] != truth[:, :-1]
assert (shown[7][:, 1:][across] == 255).all(), "the segments of the ground truth are not outlined"

figure, _ = draw("plot_training.py", "run.h5", "training.png")
objective, probability, precision, rate, norm = figure.axes
with h5py.File("run.h5") as file:
    for axis, columns in ((objective, ["objective"]), (probability, ["on", "off"]),
                          (precision, ["average_precision"]), (norm, ["gradient_norm"])):
        for thin, column in zip(axis.get_lines()[::2], columns):
            assert np.array_equal(thin.get_ydata(), file[f"metrics/train/{column}"]), column
FIGURES
expect_failure "no image 'scene_9'" "${segment[@]}" --config learned.toml --checkpoint c.h5 \
  --output no.h5 --eigenvectors no_v.h5 --shown scene_9
expect_failure "which is not given" "${segment[@]}" --config learned.toml --checkpoint c.h5 \
  --output no.h5 --shown scene_4_00005
expect_failure "has no contours; segment with --partition hierarchy" "$python" \
  "$source/analysis/plot_hierarchy.py" --data held.h5 --boundaries maps.h5 --eigenvectors v.h5 \
  --segmentations flat.h5 --output no.png

# No boundary at all, one pixel wide, one pixel, people who see one segment.
PYTHONPATH=$source/analysis "$python" - <<'WRITE'
import numpy as np

from eigenprop_data import dataset_writer

rng = np.random.default_rng(1)
with dataset_writer("odd.h5", "test") as writer:
    for name, shape in (("flat", (24, 24)), ("noise", (40, 30)), ("line", (1, 30)), ("post", (30, 1)),
                        ("pixel", (1, 1))):
        pixels = rng.integers(0, 256, (*shape, 3), np.uint8)
        writer.add(name, 0 * pixels + 100 if name == "flat" else pixels, [np.zeros(shape, int)])
WRITE
mkdir odd
for spectral in 0 1; do
  "$bin/segment" --config plain.toml --hierarchy.spectral $spectral --data odd.h5 --output odd.h5.s \
    --ucm2 odd --log off
  for from in odd.h5.s odd; do
    "$bin/evaluate_segmentation" --data odd.h5 --segmentations $from --output odd.h5.e --boundaries \
      >/dev/null
  done
done
"$bin/fit_contours" --affinity contour --data odd.h5 --output odd.toml --log off
"$bin/segment" --config odd.toml --data odd.h5 --output odd.h5.s --log off

expect_failure "hierarchy.thresholds must rise" "${segment[@]}" --config plain.toml --output no.h5 \
  --hierarchy.thresholds 0.5,0.4
expect_failure "must not be 0" "${segment[@]}" --config plain.toml --output no.h5 \
  --hierarchy.boundary 0 --hierarchy.edges 0 --hierarchy.spectral 0
expect_failure "there is no folder" "${segment[@]}" --config plain.toml --output no.h5 --ucm2 absent
expect_failure "takes the contours" "${segment[@]}" --features colour --output no.h5 --ucm2 ucm2
expect_failure "not --features colour" "${segment[@]}" --config plain.toml --features colour \
  --output no.h5
expect_failure "stride" "${fit[@]}" --checkpoint c.h5 --output no.toml --stride 0
expect_failure "thresholds must lie" "${fit[@]}" --checkpoint c.h5 --output no.toml --thresholds 100
expect_failure "radius must lie" "${fit[@]}" --checkpoint c.h5 --output no.toml --radius 17
expect_failure "would overwrite" "${fit[@]}" --checkpoint c.h5 --output train.h5
for left in no.h5 no_v.h5 no.toml no.png; do
  [ ! -e $left ] || { echo "FAILED: a program that failed left its output"; exit 1; }
done
