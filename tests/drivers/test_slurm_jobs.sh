# shellcheck shell=bash
# Submits an array of trainings over trunks and seeds with dependent evaluations to a one-node
# Slurm, and a single training with its evaluation; every evaluation scores its own training. An
# array of classifiers over models and seeds, one of them from the weights of another, their table,
# curves and filters; the comparison of poses; the tables of imported trunks, of objects and of
# hierarchies; a scaling case by two jobs, of which the second finds all of it done.
. "$(dirname "$0")/common.sh"
status=0
bash "$source/jobs/local_slurm.sh" start "$work/slurm" || status=$?
[ $status != 77 ] || exit 77
[ $status = 0 ]
trap 'bash "$source/jobs/local_slurm.sh" stop "$work/slurm"; rm -rf "$work"' EXIT
export SLURM_CONF=$work/slurm/slurm.conf
export EIGENPROP_CHECKOUT=$source EIGENPROP_BUILD=$build

# Not of those that outgoing connections take.
read -r first_outgoing _ </proc/sys/net/ipv4/ip_local_port_range
sed -n 's/^Slurm.*Port=//p' "$SLURM_CONF" | while read -r port; do
  [ "$port" -lt "$first_outgoing" ] || [ "$first_outgoing" -le 12000 ]
done

"$python" "$source/analysis/make_scenes.py" --count 4 --height 150 --width 160 --seed 3 \
  --output scenes.h5 >/dev/null
config=$source/drivers/configurations/ncuts_scenes.toml
options=(--view.long_side 160 --view.short_side 150 --train.epochs 1 --train.batch 4 --log off)

submit() { bash "$source/jobs/submit_ncuts.sh" "$config" "$work/scenes.h5" "$work/scenes.h5" "$@"; }
EIGENPROP_ARRAY=1-4 EIGENPROP_TRUNKS="small alexnet" submit "$work/array" "${options[@]}"
submit "$work/single" "${options[@]}"
"$python" "$source/tests/drivers/make_textures.py" stripes.h5 40 1
classifiers() {
  sbatch --parsable "$@" "$source/jobs/array_classifier.sbatch" "$work/stripes.h5" \
    "$work/stripes.h5" "$work/classifiers" --train.epochs 2 --log off
}
first=$(EIGENPROP_MODELS="cifar_average cifar_o2p" classifiers --array=1-4)
EIGENPROP_MODELS=cifar_o2p_imported EIGENPROP_IMPORT=cifar_average classifiers --array=1-1 \
  --dependency="afterok:$first"
"$python" - <<'MAT'
import numpy as np
import scipy.io

# Two objects of 72 views: a spot that goes round, near and far from the centre.
angles = np.deg2rad(5.0 * np.arange(72))
y, x = np.mgrid[:32, :32] - 15.5
views = [255 * np.exp(-((y - r * np.sin(a)) ** 2 + (x - r * np.cos(a)) ** 2) / 8)
         for r in (6, 10, 8, 12) for a in angles]
pixels = np.array(views).transpose(0, 2, 1).reshape(-1, 1024).astype(np.uint8)
scipy.io.savemat("spots.mat", {"X": pixels, "Y": np.repeat(np.arange(1, 5), 72)[:, None]})
MAT
EIGENPROP_FOLDS="views/1 objects/2" sbatch "$source/jobs/compare_pose.sbatch" "$work/spots.mat" \
  "$work/pose" --train.iterations 3 --log off
mkdir weights
"$python" "$source/tests/drivers/numpy_trunks.py" make .
"$python" "$source/analysis/import_weights.py" alexnet.npz --network alexnet_bvlc \
  --output weights/alexnet_bvlc.h5
"$python" "$source/analysis/import_weights.py" squeezenet.npz --network squeezenet --pixels caffe \
  --output weights/squeezenet.h5
rows=(alexnet_bvlc_relu5_fixed squeezenet_fire5 squeezenet_fire5_colour squeezenet_contours)
export EIGENPROP_ROWS="${rows[*]}"
mkdir -p table2/squeezenet_fire5/1
touch table2/squeezenet_fire5/1/evaluation.h5
sbatch --array=1-8 "$source/jobs/table2.sbatch" "$work/scenes.h5" "$work/scenes.h5" "$work/weights" \
  "$work/table2" --view.long_side 160 --view.short_side 150 --view.whole_side 160 --train.epochs 1 \
  --log off
PYTHONPATH=$source/analysis "$python" - <<'OBJECTS'
import numpy as np

from classification_data import classification_writer

# The left or the right half is bright; the object is that half.
random = np.random.default_rng(1)
with classification_writer("objects.h5", "test", ["left", "right"], objects=True) as writer:
    for i in range(12):
        mask = np.zeros((40, 40), np.uint8)
        mask[:, 20 * (i % 2):][:, :20] = 1
        pixels = random.integers(0, 100, (40, 40, 3)) + 100 * mask[:, :, None]
        writer.add(f"{i}", pixels.astype(np.uint8), i % 2, (20 * (i % 2), 0, 20, 40), mask)
OBJECTS
EIGENPROP_ROWS="deepo2p average sift_o2p" sbatch --array=1-4 "$source/jobs/table1.sbatch" \
  "$work/objects.h5" "$work/objects.h5" "$work/weights" "$work/table1" --train.epochs 1 --log off
mkdir -p contours/colour/2
touch contours/colour/2/8.h5
EIGENPROP_ROWS="colour eigenvectors end_to_end longer gradient low_rank" EIGENPROP_FIT="--contour.vectors 8" \
  sbatch --array=1-2 "$source/jobs/contours.sbatch" "$work/scenes.h5" "$work/scenes.h5" \
  "$work/contours" --view.long_side 96 --view.short_side 80 --view.whole_side 160 --train.epochs 1 \
  --log off
cat >scaling.toml <<'TOML'
[pooling]
runs = "second_order_pooling"
ranks = [1, 2]
repeats = 2
tolerance = 1e-13
[pooling.settings]
batch = 4
features = 8
TOML
if [ -x "$bin/benchmark_scaling" ]; then
  EIGENPROP_SCALING="--cases $work/scaling.toml" bash "$source/jobs/scaling.sbatch" \
    "$work/scaling.h5" 1 1
fi
for _ in $(seq 900); do
  waiting=$(squeue --noheader --array | wc -l)
  [ "$waiting" != 0 ] || break
  sleep 0.2
done
cat ./*.log
[ "$waiting" = 0 ] || { squeue; echo "FAILED: jobs still wait or run"; exit 1; }

if [ -x "$bin/benchmark_scaling" ]; then
  for status in ok known; do
    [ "$(cat scaling-*.log | grep -c "case=pooling .* ranks=[12] .* status=$status$")" = 2 ]
  done
fi
grep -q "squeezenet_fire5, seed 1: finished before" ./*.log
rm -r table2/squeezenet_fire5/1
"$python" "$source/analysis/segmentation_table.py" table2 --csv segmented.csv
"$python" - <<'ROWS'
import csv

with open("segmented.csv") as file:
    found = [(row["row"], row["seed"], row["epochs"]) for row in csv.DictReader(file)]
assert found == [("alexnet_bvlc_relu5_fixed", "1", ""), ("alexnet_bvlc_relu5_fixed", "2", ""),
                 ("squeezenet_contours", "1", "1"), ("squeezenet_contours", "2", "1"),
                 ("squeezenet_fire5", "2", "1"), ("squeezenet_fire5_colour", "1", "1"),
                 ("squeezenet_fire5_colour", "2", "1")], found
ROWS
"$python" "$source/analysis/classification_table.py" table1 --csv classified.csv
"$python" - <<'ROWS'
import csv

import h5py

with open("classified.csv") as file:
    found = sorted((row["model"], row["seed"], row["epochs"]) for row in csv.DictReader(file))
assert found == [("average", "1", "1"), ("deepo2p", "1", "1"), ("deepo2p", "2", "1"),
                 ("sift_o2p", "1", "1")], found
with h5py.File("table1/average/train.h5") as features, h5py.File("table1/sift_o2p/test.h5") as sift:
    # relu5 has 256 channels, which weights that are all the same number would not tell apart.
    assert features["features"].shape == (12, 256), features["features"]
    assert features["features"][:].std() > 0
    assert sift["features"].shape[::2] == (12, 128) and sift.attrs["region"] == 1
for seed in (1, 2):
    with h5py.File(f"table1/deepo2p/{seed}/run.h5") as run:
        text = run["configuration"][()].decode().replace(" ", "")
        assert 'trunk="alexnet_bvlc"' in text and "trunk_rate=0.1" in text, text
        assert run.attrs["seed"] == seed
ROWS
grep -q "colour, seed 2: finished before" ./*.log
rm -r contours/colour/2
"$python" "$source/analysis/contour_table.py" contours --pairs end_to_end,eigenvectors \
  eigenvectors,gradient >contours.txt
"$python" - <<'ROWS'
with open("contours.txt") as file:
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in file]
rows = {row[0]: row for row in cells if row}
for name, seeds in (("colour", 1), ("low_rank", 2), ("gradient", 1), ("eigenvectors", 2),
                    ("end_to_end", 2), ("longer", 2)):
    assert rows[name][-1] == str(seeds), rows[name]
    # k-means has no hierarchy of 99 levels; everything else was scored.
    assert [not cell for cell in rows[name]] == [False, False, name in ("colour", "low_rank"),
                                                 *5 * [False]], rows[name]
assert "boundary" not in rows and rows["end_to_end above eigenvectors"][-1] == "1, 2", cells
assert rows["eigenvectors above gradient"][-1] == "1"
ROWS
"$python" "$source/analysis/classification_table.py" classifiers --csv table.csv | tee table.txt
"$bin/extract_activations" --data stripes.h5 --checkpoint classifiers/cifar_o2p/1/checkpoint.h5 \
  --layer pooled --output pooled.h5 --log off
PYTHONPATH=$source/tests/drivers "$python" - <<'FIGURES'
import h5py
import numpy as np

from figures import draw, images, line, titles

def error(model, seed):
    with h5py.File(f"classifiers/{model}/{seed}/run.h5") as run:
        return 100 * run["metrics/test/error_top1"][:]
figure, _ = draw("plot_classification.py", "classifiers", "curves.png")
axis, = figure.axes
for model, seeds in (("cifar_average", 2), ("cifar_o2p", 2), ("cifar_o2p_imported", 1)):
    errors = np.array([error(model, seed) for seed in range(1, seeds + 1)])
    epochs, mean = line(axis, f"{model}, {errors[:, -1].mean():.1f} %")
    assert list(epochs) == [1, 2] and np.allclose(mean, errors.mean(0))
assert len(axis.get_lines()) == len(axis.collections) == 3

figure, _ = draw("plot_filters.py", "classifiers/cifar_o2p/1/checkpoint.h5", "--activations",
                 "pooled.h5", "filters.png")
with h5py.File("pooled.h5") as file:
    features, labels = file["features"][:].astype(float), file["labels/class"][:]
means = np.array([features[labels == c].mean(0) for c in range(3)])
assert titles(figure)[1:4] == ["horizontal", "vertical", "diagonal"], titles(figure)
for shown, mean in zip(images(figure)[1:4], means - means.mean(0)):
    # Features in another order: the same diagonal and eigenvalues.
    assert np.allclose(np.sort(np.diag(shown)), np.sort(np.diag(mean)), atol=1e-9)
    assert np.allclose(np.linalg.eigvalsh(shown), np.linalg.eigvalsh(mean), atol=1e-9)
FIGURES
expect_failure "holds no square matrices" "$python" "$source/analysis/plot_filters.py" \
  classifiers/cifar_o2p/1/checkpoint.h5 --activations pose/views/1/train.h5 --output x.png
expect_failure "no MODEL/SEED/run.h5" "$python" "$source/analysis/plot_classification.py" . \
  --models none --output x.png
"$python" "$source/analysis/pose_table.py" pose | tee pose.txt
[ "$(grep -c '^| views | .* | 1 |$' pose.txt)" = 4 ]
[ "$(grep -c '^| objects, neighbours among their own views | .* | 1 |$' pose.txt)" = 4 ]
[ "$(grep -c '^| objects, neighbours among training objects | .* | 1 |$' pose.txt)" = 4 ]
"$python" - <<'CHECK'
import csv
import re

import h5py
import numpy as np

expected = {"array/1": ("small", 1), "array/2": ("alexnet", 1), "array/3": ("small", 2),
            "array/4": ("alexnet", 2), "single": ("small", 1)}
losses = {}
for folder, (trunk, seed) in expected.items():
    with h5py.File(f"{folder}/run.h5") as run:
        text = run["configuration"][()].decode()
        assert f'trunk="{trunk}"' in text.replace(" ", ""), (folder, text)
        assert run.attrs["seed"] == seed, (folder, run.attrs["seed"])
        losses[folder] = run["metrics/train/objective"][:]
    with h5py.File(f"{folder}/evaluation.h5") as scores:
        best = scores["summary"].attrs["table2_best"]
        assert 0 < best <= 1, (folder, best)
# The same training alone and in the array; another seed is another training.
assert np.array_equal(losses["single"], losses["array/1"])
assert not np.array_equal(losses["array/1"], losses["array/3"])

with open("table.csv") as file:
    rows = list(csv.DictReader(file))
assert [(r["model"], r["seed"], r["epochs"]) for r in rows] == [
    (model, seed, "2") for model, seed in (
        ("cifar_average", "1"), ("cifar_average", "2"), ("cifar_o2p", "1"), ("cifar_o2p", "2"),
        ("cifar_o2p_imported", "1"))], rows
for row in rows:
    with h5py.File(f"classifiers/{row['model']}/{row['seed']}/run.h5") as run:
        text = run["configuration"][()].decode()
        assert ("second_order" in text) == row["model"].startswith("cifar_o2p"), text
        imported = re.search(r'^import = "(.*)"', text, re.MULTILINE).group(1)
        assert imported.endswith("cifar_average/1/checkpoint.h5" if "imported" in row["model"]
                                 else ""), text
        assert bool(imported) == ("imported" in row["model"]), text
        assert run.attrs["seed"] == int(row["seed"])
        assert float(row["error_top1"]) == run["metrics/test/error_top1"][-1]
with open("table.txt") as file:
    table = file.read()
for model in ("cifar_average", "cifar_o2p"):
    errors = [100 * float(r["error_top1"]) for r in rows if r["model"] == model]
    expected = f"| {model} | {np.mean(errors):.2f} ± {np.std(errors, ddof=1):.2f} |"
    assert expected in table, (expected, table)
CHECK
