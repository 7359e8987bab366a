# shellcheck shell=bash
# What users get wrong: one line that says what, where, and what would be right.
. "$(dirname "$0")/common.sh"
make_scenes
train=("$bin/train_ncuts" "${quick[@]}")

expect_failure "unknown key 'train.epoch'" "${train[@]}" --train.epoch 3
printf '[train]\nepocs = 3\n' >key.toml
expect_failure "did you mean 'train.epochs'" "$bin/train_ncuts" --config key.toml
printf '[train]\nepochs = "many"\n' >type.toml
expect_failure "train.epochs" "$bin/train_ncuts" --config type.toml
expect_failure "train.trunk" "$bin/train_ncuts" --train.trunk x
expect_failure "model.trunk" "${train[@]}" --model.trunk resnet
expect_failure "unknown type 'bonv'" "${train[@]}" --model.trunk none "--model.layers=a: bonv 3 3"
expect_failure "has no layer 'relu9' to cut at" "${train[@]}" --model.trunk vgg16 --model.cut relu9

# Settings that were taken for others than what is written: file, line and key, on one line.
expect_no_setting() {
  local key=$1 text=$2 lines
  printf '%b' "$text" >wrong.toml
  expect_failure "error: key '$key' in 'wrong.toml', line 2: " "$bin/train_ncuts" \
    --config wrong.toml --dry-run
  lines=$(grep -c . output.txt)
  [ "$lines" = 1 ] || { cat output.txt; echo "FAILED: more than a line for: $text"; exit 1; }
}
expect_no_setting train.rate '[train]\nrate = 0,5\n'
expect_no_setting train.epochs '[train]\nepochs = 1,000\n'
expect_no_setting train.epochs '[train]\nepochs =\n'
expect_no_setting train.epochs 'train.epochs = 3\ntrain.epochs = 4\n'
expect_no_setting train.epochs '[train]\nepochs = 99999999999999999999\n'
expect_no_setting train.rate '[train]\nrate = inf\n'
for key in train.epochs train.rate view.flip model.trunk output; do
  expect_no_setting "$key" "\\n$key = []\\n"
done
for value in 0,5 1e400 99999999999999999999 inf nan; do
  expect_failure "key 'train.rate' on the command line: $value is not" "${train[@]}" \
    --train.rate "$value"
done
for value in 0,5 1e3 99999999999999999999; do
  expect_failure "key 'train.epochs' on the command line: $value is not" "${train[@]}" \
    --train.epochs "$value"
done
expect_failure "keys begin with two dashes" "${train[@]}" -train.epochs 3
expect_failure "keys begin with two dashes" "$bin/train_ncuts" -config key.toml
printf '\xef\xbb\xbf[train]\nepochs = 1_0\nmilestones = []\n[model]\nhead_rate = 4e-7\n' >right.toml
"$bin/train_ncuts" --config right.toml --data scenes.h5 --train.epochs 0 --view.long_side 64 \
  --view.short_side 48 --train.milestones [] --log off --output right.h5 --checkpoint right_c.h5
"$bin/train_ncuts" -h >help.txt
grep -qF -- "--train.milestones FLOAT=[]" help.txt
"$python" - <<'PY'
import h5py
import tomllib
with h5py.File("right.h5") as run:
    settings = tomllib.loads(run["configuration"][()].decode())
assert settings["model"]["head_rate"] == 4e-7, settings
assert settings["train"]["epochs"] == 0 and settings["train"]["milestones"] == [], settings
with h5py.File("right_c.h5") as checkpoint:
    assert b" rate=4e-07 " in checkpoint["model"][()], checkpoint["model"][()]
PY

expect_failure "the learning rate must be positive" "${train[@]}" --train.rate 0
# Numbers that no training can have: one line that names the key.
huge=9223372036854775807
expect_one_line "view.whole_side must" "${train[@]}" --view.whole_side 2147483648
expect_one_line "view.short_side must" "${train[@]}" --view.long_side -1
expect_one_line "view.smallest_crop" "${train[@]}" --view.smallest_crop 0
expect_one_line "train.epochs and" "${train[@]}" --train.epochs $huge
expect_one_line "train.batch must" "${train[@]}" --train.batch $huge
for key in train.weight_decay train.clip_norm train.warmup_epochs train.step_factor train.momentum \
  model.trunk_rate model.head_rate cuts.metric_rate objective.rank_tolerance objective.gram_condition; do
  expect_one_line "$key" "${train[@]}" --$key -1
done
expect_one_line "layer 'head2': channels and kernel" "${train[@]}" --model.features_kernel 2147483648
graph=("${train[@]}" --cuts.affinity graph --objective.kind j1)
expect_one_line "cuts.contour_power" "${graph[@]}" --cuts.contour_power $huge
expect_one_line "cuts.vectors and" "${graph[@]}" --cuts.vectors $huge
expect_one_line "cuts.adjoint_tolerance must" "${graph[@]}" --cuts.adjoint_tolerance 1e308
expect_one_line "train.unit must" "$bin/train_embedding" --data scenes.h5 --train.unit $huge
expect_one_line "model.trunk_rate" "$bin/train_classifier" --data scenes.h5 --model.trunk_rate -1
expect_one_line "view.side must" "$bin/train_classifier" --data scenes.h5 --view.side 2147483648
contour=(--affinity contour --data scenes.h5)
expect_one_line "seed must" "$bin/segment" "${contour[@]}" --seed -1
expect_one_line "contour.scale_radius must" "$bin/segment" "${contour[@]}" --contour.scale_radius $huge
expect_one_line "contour.sigma must" "$bin/segment" "${contour[@]}" --contour.sigma 1e308
expect_one_line "contour.tolerance must" "$bin/segment" "${contour[@]}" --contour.tolerance 1
expect_one_line "segmenter.clusters must lie in 1 .. 1000000, not be 4294967298" "$bin/segment" \
  "${contour[@]}" --segmenter.clusters 4294967298
expect_one_line "segmenter.sampling must" "$bin/segment" "${contour[@]}" --segmenter.sampling 0
expect_one_line "segmenter.sampling must" "${train[@]}" --segmenter.sampling 0
expect_one_line "colour.step must" "$bin/segment" --features colour --data scenes.h5 --colour.step $huge
expect_one_line "colour.position must" "$bin/segment" --features colour --data scenes.h5 \
  --colour.position 1e300
expect_one_line "height and width must" "$bin/compare_projectors" --height $huge
expect_one_line "sigma must" "$bin/fit_contours" "${contour[@]}" --sigma 0
expect_one_line "smallest_gap must" "$bin/compare_gradients" --smallest_gap $huge
expect_failure "smaller than the receptive field" "${train[@]}" --model.trunk alexnet \
  --view.long_side 16 --view.short_side 9
expect_failure "there is no file 'nothing.h5'" "${train[@]}" --data nothing.h5
head -c 5000 scenes.h5 >half.h5
expect_failure "half.h5" "${train[@]}" --data half.h5
echo "no HDF5" >foreign.h5
expect_failure "is not an HDF5 file" "${train[@]}" --data foreign.h5
expect_failure "cannot be" "${train[@]}" --output /nonexistent/run.h5
expect_failure "cannot be written" "${train[@]}" --checkpoint /nonexistent/checkpoint.h5

# An OpenBLAS that takes the processor for an old one.
if grep -qw avx2 /proc/cpuinfo; then
  for core in PRESCOTT HASWELL; do
    OPENBLAS_CORETYPE=$core "${train[@]}" --log warning --train.epochs 0 --output core.h5 \
      --checkpoint core_c.h5 2>$core.txt
  done
  grep -q "set OPENBLAS_CORETYPE=" PRESCOTT.txt
  if grep -q OPENBLAS_CORETYPE HASWELL.txt; then exit 1; fi
fi

# The checkpoint of another model.
"${train[@]}" --train.epochs 0 --checkpoint small.h5 --output small_run.h5
expect_failure "is of another model" "${train[@]}" --checkpoint small.h5 --resume auto \
  --model.features 12
expect_failure "its format is 'eigenprop-run'" "$bin/segment" --data scenes.h5 \
  --checkpoint small_run.h5
expect_failure "holds no parameter of a name and shape of this model; missing: " "${train[@]}" \
  --import small.h5 --model.trunk none "--model.layers=a: conv 4 3" --model.hidden 8 \
  --model.features 3
# An import names what it did not set, and what it did not use.
"${train[@]}" --train.epochs 0 --import small.h5 --model.features 12 --log info \
  --checkpoint twelve.h5 --output twelve_run.h5 2>imported.txt
grep -q "imported [0-9]* of [0-9]* parameters from small.h5; of another shape: head2.weight is float" \
  imported.txt

# Pixels that its weights were not trained on.
"$python" - <<'PY'
import h5py
import numpy as np
with h5py.File("small.h5", "r+") as file:
    attributes = file["parameters"].attrs
    attributes["pixels_space"] = np.bytes_("lab")
    attributes["pixels_mean"] = np.array([50.0, 0, 0])
    attributes["pixels_deviation"] = np.array([25.0, 15, 15])
PY
import=("${train[@]}" --train.epochs 0 --import small.h5 --log warning --checkpoint pixels.h5
  --output pixels_run.h5)
"${import[@]}" --pixels.space lab --pixels.mean 50 0 0 --pixels.deviation 25 15 15 2>same.txt
[ ! -s same.txt ] || { cat same.txt; echo "FAILED: a warning of the same pixels"; exit 1; }
expect_failure "take pixels of space lab, mean 50 0 0, deviation 25 15 15, but [pixels] is space rgb," \
  "${import[@]}" --pixels.space rgb --pixels.mean 50 0 0 --pixels.deviation 25 15 15

# Old checkpoints hold the metric of features by another name; one of another shape is refused.
"$python" - <<'PY'
import h5py
with h5py.File("small.h5") as file, h5py.File("old.h5", "w") as old, h5py.File("odd.h5", "w") as odd:
    for target in (old, odd):
        for name in file:
            file.copy(name, target)
        for name, value in file.attrs.items():
            target.attrs[name] = value
    old.move("results/metric", "results/affinity")
    metric = odd["results/metric"][:2, :2]
    del odd["results/metric"]
    odd["results/metric"] = metric
PY
for name in small old; do
  "$bin/segment" --data scenes.h5 --checkpoint $name.h5 --output ${name}_s.h5 --log off
done
"$python" -c 'import h5py
with h5py.File("small_s.h5") as new, h5py.File("old_s.h5") as old:
    assert (new["segmentations/labels"][:] == old["segmentations/labels"][:]).all()'
expect_failure "the metric of features, /results/metric, is double (2, 2), not double" \
  "$bin/segment" --data scenes.h5 --checkpoint odd.h5 --output odd_s.h5

# A limit on file sizes stands for a full disk. The checkpoint before it stays good.
large=("${train[@]}" --train.epochs 0 --model.hidden 512 --checkpoint full.h5 --output full_run.h5)
"${large[@]}"
cp full.h5 full_before.h5
full_disk() (
  trap '' XFSZ
  # Open MPI itself needs files of 4 MiB.
  ulimit -f 4500
  "${large[@]}"
)
expect_failure "cannot be" full_disk
cmp full.h5 full_before.h5

# NaN: the first layer is named, and the last good checkpoint stays.
cp small.h5 before.h5
"$python" - <<'PY'
import h5py
with h5py.File("small.h5", "r+") as f:
    f["parameters/conv3_1.bias"][0] = float("nan")
PY
cp small.h5 poisoned.h5
expect_failure "the first layer that is not finite is 'conv3_1.bias'" "${train[@]}" \
  --checkpoint small.h5 --resume auto
cmp small.h5 poisoned.h5
expect_failure "are not finite" "$bin/segment" --data scenes.h5 --checkpoint poisoned.h5

# A failure on a rank ends all of them.
set_launcher 2
expect_failure "not finite" timeout 60 "${launch[@]}" "${train[@]}" \
  --checkpoint small.h5 --resume auto
