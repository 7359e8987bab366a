# shellcheck shell=bash
# The figures and tables of analysis hold what is in the files that the drivers write, and what is
# wrong is one line.
. "$(dirname "$0")/common.sh"
make_scenes
"$bin/train_ncuts" "${quick[@]}" --output run.h5 --checkpoint c.h5
"$bin/segment" --data scenes.h5 --checkpoint c.h5 --output s.h5 --log off
"$bin/evaluate_segmentation" --data scenes.h5 --segmentations s.h5 --output e.h5 --boundaries >table.txt

PYTHONPATH=$source/tests/drivers "$python" - <<'FIGURES'
import h5py
import numpy as np

from figures import draw, images, line, titles

with h5py.File("run.h5") as file:
    metrics = {name: column[:] for name, column in file["metrics/train"].items()}
assert len(metrics["epoch"]) == 21
figure, _ = draw("plot_training.py", "run.h5", "training.png")
objective, ranks, bound, rate, norm = figure.axes
assert titles(figure) == ["objective", "ranks", "Lemma 2", "optimizer", ""]
for axis, columns in ((objective, ["objective"]), (ranks, ["rank_w", "rank_e"]),
                      (bound, ["bound_holds"]), (norm, ["gradient_norm"])):
    # Steps, and their mean over an epoch of three.
    assert len(axis.get_lines()) == 2 * len(columns)
    for thin, thick, column in zip(axis.get_lines()[::2], axis.get_lines()[1::2], columns):
        values = metrics[column]
        assert np.array_equal(thin.get_xdata(), metrics["epoch"])
        assert np.array_equal(thin.get_ydata(), values), column
        means = [np.mean(values[max(i - 2, 0):i + 1]) for i in range(2, 21)]
        assert np.allclose(thick.get_ydata()[2:], means, rtol=1e-12), column
assert np.array_equal(line(rate, "learning rate")[1], metrics["learning_rate"])

figure, _ = draw("plot_covering.py", "trained=e.h5", "covering.png")
scales, by_image = figure.axes
with h5py.File("e.h5") as file:
    summary = file["summary"].attrs
    label = f"trained: ODS {summary['covering_ods']:.3f}, OIS {summary['covering_ois']:.3f}"
    x, y = line(scales, label)
    assert np.array_equal(x, file["scales/scale"]) and np.array_equal(y, file["scales/covering"])
    average = file["images/table2_average"][:]
    x, y = line(by_image, f"trained: mean {average.mean():.3f}")
    assert np.array_equal(y, np.sort(average)) and len(y) == 12

figure, _ = draw("plot_boundaries.py", "trained=e.h5", "--anchor", "other=.5", "boundaries.png")
axis, = figure.axes
with h5py.File("e.h5") as file:
    summary = file["summary"].attrs
    shown = file["boundaries/precision"][:] > 0
    label = (f"trained: F {summary['boundary_f_ods']:.3f} (ODS), "
             f"{summary['boundary_f_ois']:.3f} (OIS)")
    x, y = line(axis, label)
    assert shown.any() and np.array_equal(x, file["boundaries/recall"][:][shown])
    assert np.array_equal(y, file["boundaries/precision"][:][shown])
    x, y = line(axis, "other: F 0.500")
    known = ~np.isnan(x)
    assert np.allclose(2 * x[known] * y[known] / (x[known] + y[known]), 0.5) and known.sum() > 300

# The sheet: the first and the last image, people's finest segmentation, and the best of the set.
figure, _ = draw("segmentation_sheet.py", "--data", "scenes.h5", "--trained", "s.h5", "--rows", "2",
                 "sheet.png")
assert titles(figure) == ["input", "ground truth", "trained", "", "", ""]
def maps(file, image):
    first = file["images/first_segmentation"][:]
    height, width = file["images/size"][image]
    return [file["segmentations/labels"][s * height * width:(s + 1) * height * width]
            .reshape(height, width) for s in range(first[image], first[image + 1])]
def covering(found, truth):
    total = 0
    for segment in np.unique(truth):
        inside = truth == segment
        total += inside.sum() * max((inside & (found == other)).sum() / (inside | (found == other)).sum()
                                    for other in np.unique(found))
    return total / truth.size
with h5py.File("scenes.h5") as data, h5py.File("s.h5") as result:
    shown = images(figure)
    assert len(shown) == 6
    for row, image in enumerate((0, 11)):
        pixels = data["images/pixels"][image * 3072:(image + 1) * 3072]
        pixels = pixels.reshape(*data["images/size"][image], 3)
        assert np.array_equal(shown[3 * row], pixels)
        truths, found = maps(data, image), maps(result, image)
        scores = [np.mean([covering(f, t) for t in truths]) for f in found]
        text, = figure.axes[3 * row + 2].texts
        assert text.get_text() == f"covering {max(scores):.2f}", (text, scores)
        for picture, labels in ((shown[3 * row + 1], max(truths, key=np.max)),
                                (shown[3 * row + 2], found[int(np.argmax(scores))])):
            assert (picture == 255).all(2).any(), "no boundaries"
            for segment in np.unique(labels):
                colours = np.unique(picture[labels == segment], axis=0)
                mean = np.floor(pixels[labels == segment].mean(0))
                for colour in colours:
                    assert (colour == 255).all() or np.abs(colour - mean).max() <= 1, segment
FIGURES
"$bin/evaluate_segmentation" --data scenes.h5 --segmentations s.h5 --output regions.h5 >/dev/null
expect_failure "regions.h5: has no scores of boundaries; evaluate with --boundaries" "$python" \
  "$source/analysis/plot_boundaries.py" regions.h5 --output x.png
expect_failure "--anchor other: expected NAME=F" "$python" "$source/analysis/plot_boundaries.py" e.h5 \
  --anchor other --output x.png
"$python" "$source/analysis/evaluation_table.py" both=e.h5 one=regions.h5 >both.txt
grep -q "boundary F ODS" both.txt
[ "$(awk -F'|' '/one/ {print $(NF-1), $(NF-2)}' both.txt | tr -d ' ')" = "" ]
# The table repeats what the driver printed.
printed=$(awk '/Table 2/ {print $(NF-1)}' table.txt)
"$python" "$source/analysis/evaluation_table.py" trained=e.h5 | tee markdown.txt
grep -q "| trained | $(printf '%.3f' "$printed")" markdown.txt

# Times that follow powers of N and D; slower repetitions and aggregates do not.
"$python" - <<'TIMES'
import json

rows = []
for form, (n_power, d_power) in (("graph", (1.5, 0.25)), ("textbook", (2, 1))):
    for n, d in ((250, 64), (500, 64), (1000, 64), (500, 128), (500, 256)):
        name = f"growth_{form}/points:{n}/features:{d}/dimensions:8/real_time"
        time = 1e-3 * n**n_power * d**d_power
        rows += [{"name": name, "run_type": kind, "cpu_time": t, "real_time": n * t, "time_unit": "us"}
                 for kind, t in (("iteration", time), ("iteration", n * time), ("aggregate", 0))]
json.dump({"benchmarks": rows}, open("growth.json", "w"))
json.dump({"benchmarks": [r for r in rows if "graph" in r["name"]]}, open("half.json", "w"))
TIMES
PYTHONPATH=$source/tests/drivers "$python" - >growth.txt <<'GROWTH'
import numpy as np

from figures import draw

figure, _ = draw("plot_growth.py", "growth.json", "growth.png")
over_points, over_features = figure.axes
points, features = np.array([250, 500, 1000]), np.array([64, 128, 256])
for form, (n_power, d_power) in enumerate(((1.5, 0.25), (2, 1))):
    for axis, sizes, expected in ((over_points, points, 1e-9 * points**n_power * 64**d_power),
                                  (over_features, features, 1e-9 * 500**n_power * features**d_power)):
        assert len(axis.get_lines()) == 4
        # Measured times, and the straight line through them.
        for drawn in axis.get_lines()[2 * form:2 * form + 2]:
            assert np.array_equal(drawn.get_xdata(), sizes)
            assert np.allclose(drawn.get_ydata(), expected, rtol=1e-9), (form, drawn.get_ydata())
GROWTH
printf '%s\n' "graph: time over points has slope 1.50" "textbook: time over points has slope 2.00" \
  "graph: time over features has slope 0.25" "textbook: time over features has slope 1.00" |
  cmp - growth.txt
expect_failure "half.json: holds no times of growth_textbook" "$python" \
  "$source/analysis/plot_growth.py" half.json --output x.png
expect_failure "table.txt: is no JSON of Google Benchmark" "$python" \
  "$source/analysis/plot_growth.py" table.txt --output x.png

expect_failure "format is 'eigenprop-run', expected 'eigenprop-evaluation'" "$python" "$source/analysis/evaluation_table.py" run.h5
expect_failure "nothing to show" "$python" "$source/analysis/segmentation_sheet.py" \
  --data scenes.h5 --output x.png
expect_failure "nothing.h5" "$python" "$source/analysis/plot_training.py" nothing.h5 --output x.png
