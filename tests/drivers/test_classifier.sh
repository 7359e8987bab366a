# shellcheck shell=bash
# train_classifier learns; its weights are the same to the bit on every number of ranks and after a stop
# in between, its losses but for the last bit, its test errors; and what it says of wrong input.
. "$(dirname "$0")/common.sh"
"$python" "$source/tests/drivers/make_textures.py" train.h5 90 1
"$python" "$source/tests/drivers/make_textures.py" test.h5 60 2
cat >model.toml <<'TOML'
[model]
layers = [
  "conv1: conv 8 5 stride=2",
  "relu1: relu",
  "drop: dropout 0.1",
  "pooled: second_order function=log epsilon=1e-2",
  "triangle: upper_triangle",
]
[view]
side = 14
jitter = 1
flip = false
[train]
epochs = 12
batch = 20
unit = 4
rate = 0.02
weight_decay = 1e-4
TOML
train=("$bin/train_classifier" --config model.toml --data train.h5 --test test.h5 --log off)
for ranks in 1 2 3 4 7; do
  run_ranks $ranks "${train[@]}" --output run$ranks.h5 --checkpoint run${ranks}_c.h5
done
same_training 1e-15 0 run1 run2 run3 run4 run7
for objective in softmax logistic; do
  "${train[@]}" --train.objective $objective --train.epochs 1 --output $objective.h5 \
    --checkpoint other.h5
done

# A checkpoint on other data: the scores of its last epoch again; one row, and nothing trained.
for ranks in 1 3; do
  run_ranks $ranks "$bin/train_classifier" --score run1_c.h5 --test test.h5 --scores s$ranks.h5 --log off
done
"$bin/train_classifier" --score run1_c.h5 --test train.h5 --scores s_train.h5 2>told.txt
grep -q "90 samples of train.h5: loss .* not among five" told.txt
"$python" - <<'CHECK'
import h5py
import numpy as np

columns = ("objective", "error_top1", "error_top5")
with h5py.File("run1.h5") as run:
    last = [run[f"metrics/test/{column}"][-1] for column in columns]
for name in ("s1", "s3", "s_train"):
    with h5py.File(f"{name}.h5") as file:
        assert list(file["metrics"]) == ["test"], list(file["metrics"])
        assert list(file["metrics/test/step"]) == [60]
        found = [file[f"metrics/test/{column}"][:] for column in columns]
    assert all(len(values) == 1 for values in found)
    if name != "s_train":
        np.testing.assert_allclose(np.ravel(found), last, rtol=1e-12)
CHECK
score=("$bin/train_classifier" --scores x.h5 --log off)
expect_failure "--score needs the data to score: give --test FILE" "${score[@]}" --score run1_c.h5
expect_failure "there is no file 'nothing.h5'" "${score[@]}" --score nothing.h5 --test test.h5
expect_failure "is not an HDF5 file" "${score[@]}" --score model.toml --test test.h5
expect_failure "scores" "${score[@]}" --score run1_c.h5 --test test.h5 --scores run1_c.h5
"$python" - <<'FOUR'
import shutil

import h5py

shutil.copy("test.h5", "four.h5")
with h5py.File("four.h5", "r+") as file:
    names = file["labels/names"][:]
    del file["labels/names"]
    file["labels/names"] = [*names, b"another"]
FOUR
classes=$("$python" -c 'import h5py; print(len(h5py.File("test.h5")["labels/names"]))')
expect_failure "checkpoint 'run1_c.h5' tells $classes classes apart, and data set 'four.h5' has $((classes + 1))" \
  "${score[@]}" --score run1_c.h5 --test four.h5
[ "$(grep -c . output.txt)" = 1 ]

# Ways to differentiate the pooling, from the configuration, and their figure; one that ended early.
for remedy in exact paper taylor pade newton_schulz; do
  mkdir -p "remedies/${remedy}_1e-2/1"
  pooling="pooled: second_order function=sqrt epsilon=1e-2 derivative=$remedy"
  "${train[@]}" --train.epochs 3 --output "remedies/${remedy}_1e-2/1/run.h5" --checkpoint other.h5 \
    --model.layers "conv1: conv 8 5 stride=2" "relu1: relu" "$pooling" "t: upper_triangle"
done
mkdir -p remedies/taylor_1e-2/2
"$python" - <<'EARLY'
import h5py
import shutil

losses = {}
for remedy in ("exact", "paper", "pade", "newton_schulz"):
    with h5py.File(f"remedies/{remedy}_1e-2/1/run.h5") as file:
        losses[remedy] = file["metrics/train/objective"][:]
# Where values are apart, all but few iterations of Newton and Schulz descend alike.
for remedy in ("paper", "pade"):
    assert abs(losses[remedy] - losses["exact"]).max() < 1e-4, (remedy, losses)
assert abs(losses["newton_schulz"] - losses["exact"]).max() > 1e-4
shutil.copy("remedies/taylor_1e-2/1/run.h5", "remedies/taylor_1e-2/2/run.h5")
with h5py.File("remedies/taylor_1e-2/2/run.h5", "r+") as file:
    values = file["metrics/test/error_top1"][:1]
    del file["metrics/test/error_top1"]
    file["metrics/test/error_top1"] = values
EARLY
PYTHONPATH=$source/tests/drivers "$python" - <<'FIGURE'
import h5py
import numpy as np

from figures import draw

figure, _ = draw("plot_remedies.py", "remedies", "remedies.png")
axis, = figure.axes
lines = {text.get_label(): text for text in axis.get_lines() if not text.get_label().startswith("_")}
assert len(lines) == 5 and any(label.endswith("1 of 2") for label in lines), list(lines)
for label, drawn in lines.items():
    with h5py.File(f"remedies/{label.split(',')[0]}_1e-2/1/run.h5") as file:
        assert np.allclose(drawn.get_ydata(), 100 * file["metrics/test/error_top1"][:]), label
crosses = [text for text in axis.get_lines() if text.get_marker() == "x"]
assert len(crosses) == 1 and list(crosses[0].get_xdata()) == [1]
FIGURE

# Many short epochs: the stop comes in the middle.
long=("${train[@]}" --train.epochs 100 --checkpoint_steps 4)
"${long[@]}" --output whole.h5 --checkpoint whole_c.h5
start_ranks 2 "${long[@]}" --output stopped.h5 --checkpoint stopped_c.h5
wait_for_steps stopped.h5 8
stop_ranks
[ "$(losses stopped.h5 | wc -l)" -lt 500 ]
run_ranks 3 "${long[@]}" --output stopped.h5 --checkpoint stopped_c.h5 --resume auto
same_training 1e-15 0 whole stopped

"$python" - <<'CHECK'
import h5py
import numpy as np

def read(name):
    with h5py.File(name) as f:
        return {k: f[k][:] for k in ("metrics/train/objective", "metrics/test/objective",
                                     "metrics/test/error_top1", "metrics/test/error_top5")}

reference = read("run1.h5")
assert len(reference["metrics/train/objective"]) == 60
assert len(reference["metrics/test/error_top1"]) == 12
error = reference["metrics/test/error_top1"]
print("test error", error)
assert error[-1] < 0.15, "nothing was learned"
assert not reference["metrics/test/error_top5"].any(), "three classes are always among five"
for first, names in (("run1.h5", ["run2.h5", "run3.h5", "run4.h5", "run7.h5"]),
                     ("whole.h5", ["stopped.h5"])):
    expected = read(first)
    for name in names:
        other = read(name)
        for column in ("error_top1", "error_top5"):
            column = "metrics/test/" + column
            assert np.array_equal(other[column], expected[column]), (name, column)
        found, exact = (x["metrics/test/objective"] for x in (other, expected))
        assert len(found) == len(exact) and np.abs(found / exact - 1).max() < 1e-15, name
assert abs(read("softmax.h5")["metrics/train/objective"][0] - np.log(3)) < 0.1
assert abs(read("logistic.h5")["metrics/train/objective"][0] - 3 * np.log(2)) < 0.1
CHECK

"$python" - <<'BAD'
import h5py
import shutil

shutil.copy("train.h5", "label.h5")
with h5py.File("label.h5", "r+") as f:
    f["labels/class"][7] = 3
shutil.copy("test.h5", "classes.h5")
with h5py.File("classes.h5", "r+") as f:
    f["labels/names"][0] = b"other"
shutil.copy("train.h5", "pixels.h5")
with h5py.File("pixels.h5", "r+") as f:
    f["images/size"][3] = (5, 5)
BAD
plain=("$bin/train_classifier" --config model.toml --log off --output bad.h5 --checkpoint bad_c.h5)
expect_failure "image 'stripes_007' has class 3; there are classes 0 to 2" "${plain[@]}" \
  --data label.h5
expect_failure "pixels of image 'stripes_003' do not match its size" "${plain[@]}" --data pixels.h5
expect_failure "have different classes" "${plain[@]}" --data train.h5 --test classes.h5
expect_failure "its format is 'eigenprop-classification'" "$bin/train_ncuts" --data train.h5
expect_failure "there is no file 'nothing.h5'" "${plain[@]}" --data nothing.h5
expect_failure "give --data FILE" "${plain[@]}"
expect_failure "needs a positive epsilon" "${plain[@]}" --data train.h5 \
  --model.layers "conv1: conv 8 5" "pooled: second_order epsilon=0"
expect_failure "there is no function 'ln'" "${plain[@]}" --data train.h5 \
  --model.layers "conv1: conv 8 5" "pooled: second_order function=ln"
expect_failure "has the unknown type 'pool'" "${plain[@]}" --data train.h5 --model.layers "a: pool 2"
expect_failure "'loss'" "${plain[@]}" --data train.h5 --model.layers "conv1: conv 8 5"
expect_failure "is of another model" "${plain[@]}" --data train.h5 --resume auto \
  --checkpoint run1_c.h5 --model.layers "conv1: conv 9 5" "pooled: second_order" \
  "triangle: upper_triangle"
expect_failure "train.unit must be positive" "${plain[@]}" --data train.h5 --train.unit 0
expect_failure "infinite: the learning rate may be too large" "${plain[@]}" --data train.h5 --train.rate 1e30
"${plain[@]}" --dry-run | grep -q "second_order_pooling"
for file in "$source"/drivers/configurations/{alexnet,deepo2p,deepo2p_fc,sift_o2p,cifar_*}.toml; do
  # Layers of 4096 have a hundred million weights, which take long to draw at random.
  sed 's/ 4096/ 64/' "$file" >small.toml
  "$bin/train_classifier" --config small.toml --dry-run >plan.txt
  grep -q "^total" plan.txt
done

# Packing of CIFAR-10's binary batches.
"$python" - <<'CIFAR'
import os
import numpy as np

os.makedirs("cifar")
generator = np.random.default_rng(5)
for name, count in (("data_batch_1", 3), ("data_batch_2", 2), ("test_batch", 4)):
    records = generator.integers(0, 256, (count, 3073), dtype=np.uint8)
    records[:, 0] = np.arange(count) % 2
    records.tofile(f"cifar/{name}.bin")
with open("cifar/batches.meta.txt", "w") as file:
    file.write("cat\ndog\n\n")
CIFAR
pack=("$python" "$source/analysis/pack_cifar.py" --data cifar)
"${pack[@]}" --split train --output packed.h5
"$python" - <<'CIFAR'
import h5py
import numpy as np

with h5py.File("packed.h5") as file:
    assert file["labels/class"][:].tolist() == [0, 1, 0, 0, 1]
    assert [n.decode() for n in file["labels/names"]] == ["cat", "dog"]
    pixels = file["images/pixels"][:].reshape(5, 32, 32, 3)
record = np.fromfile("cifar/data_batch_2.bin", np.uint8).reshape(-1, 3073)[1]
for channel in range(3):
    for y, x in ((0, 0), (3, 17), (31, 31)):
        assert pixels[4, y, x, channel] == record[1 + channel * 1024 + y * 32 + x]
CIFAR
head -c 5000 cifar/test_batch.bin >cut.bin
mv cut.bin cifar/test_batch.bin
expect_failure "no whole number of records" "${pack[@]}" --split test --output cut.h5
rm cifar/test_batch.bin
expect_failure "no file test_batch.bin there" "${pack[@]}" --split test --output none.h5
