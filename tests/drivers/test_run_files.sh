# shellcheck shell=bash
# What becomes of the files of a run: readers, a second run on the same files, outputs that are inputs,
# a resume with other settings, rows and checkpoints by time, the log.
. "$(dirname "$0")/common.sh"
make_scenes
rm -f ./*.lock
long=("${quick[@]}" --train.epochs 400 --checkpoint_steps 1000000)
short=("${quick[@]}" --train.epochs 2)

# A reader that holds the run file, as HDF5 locks it, while a run saves at every step. Every look is at a
# table whose columns have one length, and no shorter than the last.
"$python" - <<'PY' &
import os
import time

import h5py

seen, looks = 0, 0
with open("read_ready", "w"):
    pass
while not os.path.exists("read_done"):
    if not os.path.exists("read.h5"):
        continue
    with h5py.File("read.h5", "r") as file:
        lengths = {len(column) for column in file.get("metrics/train", {}).values()}
        time.sleep(0.01)
    assert len(lengths) <= 1, lengths
    rows = lengths.pop() if lengths else 0
    assert rows >= seen, (rows, seen)
    seen, looks = rows, looks + 1
assert looks > 3 and seen > 0, (looks, seen)
PY
reader=$!
until [ -e read_ready ]; do
  kill -0 $reader
  sleep 0.05
done
start_ranks 2 "$bin/train_ncuts" "${quick[@]}" --checkpoint_steps 1 --output read.h5 \
  --checkpoint read_c.h5
wait "$launcher"
touch read_done
wait $reader

# Rows and the log within seconds, whatever the steps between checkpoints.
start_ranks 2 "$bin/train_ncuts" "${long[@]}" --log info --output time.h5 --checkpoint time_c.h5
wait_for_steps time.h5 1
grep -q "^20.* samples, .* parameters" time.h5.log
grep -q "^20.* training \[.* left  epoch " time.h5.log

# A second run on the same files, by either name, while the first one lives.
cp scenes.h5 before.h5
expect_failure "'time.h5' is being written by another run" "$bin/train_ncuts" "${short[@]}" \
  --output time.h5 --checkpoint other_c.h5
ln -s time_c.h5 link_c.h5
mkdir folder
expect_failure "time_c.h5' is being written by another run" "$bin/train_ncuts" "${short[@]}" \
  --output other.h5 --checkpoint folder/../time_c.h5
kill -9 "$(tail -n 1 ranks)"
wait "$launcher" && exit 1
# What it leaves does not block the next one.
"$bin/train_ncuts" "${short[@]}" --output time.h5 --checkpoint time_c.h5
[ -z "$(ls ./*.lock ./*.tmp 2>/dev/null)" ]

# An output that is an input.
"$bin/segment" --features colour --data scenes.h5 --output colour.h5 --log off
"$python" -c 'import numpy as np
np.savez("points.npz", features=np.random.default_rng(2).normal(0, 1, (40, 6)),
         labels=np.arange(40) % 4)'
"$python" "$source/analysis/pack_points.py" --npz points.npz --output points.h5 >/dev/null
"$python" "$source/tests/drivers/make_textures.py" textures.h5 20 1
ln scenes.h5 hard.h5
ln -s textures.h5 soft.h5
md5sum scenes.h5 points.h5 textures.h5 colour.h5 time_c.h5 >sums
would="would overwrite"
expect_failure "$would --data" "$bin/train_ncuts" "${short[@]}" --output scenes.h5
expect_failure "$would --data" "$bin/train_ncuts" "${short[@]}" --checkpoint hard.h5
expect_failure "$would --data" "$bin/train_ncuts" "${short[@]}" --log_file scenes.h5
expect_failure "$would --import" "$bin/train_ncuts" "${short[@]}" --import time_c.h5 \
  --checkpoint time_c.h5
expect_failure "are one file" "$bin/train_ncuts" "${short[@]}" --output one.h5 --checkpoint ./one.h5
expect_failure "$would --data" run_ranks 2 "$bin/train_classifier" --data textures.h5 --test soft.h5 \
  --output textures.h5
expect_failure "$would --data" "$bin/train_embedding" --data points.h5 --checkpoint points.h5
expect_failure "$would --validation" "$bin/train_dictionary" --data textures.h5 \
  --validation points.h5 --output points.h5
expect_failure "$would --data" "$bin/embed_tsne" --data points.h5 --embedding points.h5
expect_failure "$would --data" "$bin/segment" --features colour --data scenes.h5 --output scenes.h5
expect_failure "$would --checkpoint" "$bin/segment" --checkpoint time_c.h5 --data scenes.h5 \
  --output time_c.h5
expect_failure "$would --segmentations" "$bin/evaluate_segmentation" --data scenes.h5 \
  --segmentations colour.h5 --output colour.h5
expect_failure "$would --train" "$bin/evaluate_embedding" --train points.h5 --method features \
  --output points.h5
expect_failure "$would --data" "$bin/extract_activations" --data textures.h5 --checkpoint time_c.h5 \
  --layer x --output soft.h5
expect_failure "$would --data" "$bin/fit_contours" --affinity contour --data scenes.h5 \
  --output hard.h5
expect_failure "$would --checkpoint" "$bin/fit_contours" --data scenes.h5 --checkpoint time_c.h5 \
  --output time_c.h5
expect_failure "$would --checkpoint" "$bin/map_boundaries" --data scenes.h5 --checkpoint time_c.h5 \
  --output time_c.h5
expect_failure "$would --score" "$bin/train_classifier" --score time_c.h5 --test textures.h5 \
  --scores time_c.h5
expect_failure "$would --test" "$bin/train_classifier" --score time_c.h5 --test textures.h5 \
  --scores soft.h5
contours=("$bin/segment" --affinity contour --partition hierarchy --data scenes.h5 --log off)
expect_failure "$would --data" "${contours[@]}" --output new.h5 --eigenvectors hard.h5
expect_failure "are one file" "${contours[@]}" --output new.h5 --eigenvectors ./new.h5
# A name of an image that would lead out of the folder.
mkdir maps
"$python" - <<'PY'
import shutil

import h5py

shutil.copy("scenes.h5", "names.h5")
with h5py.File("names.h5", "r+") as file:
    file["images/name"][0] = b"../scenes"
PY
expect_failure "image '../scenes' of data set 'names.h5' has no name of a file" "${contours[@]}" \
  --data names.h5 --output new.h5 --ucm2 maps
# One run at a time writes into a folder of contour maps.
(
  exec 9>maps/ucm2.lock
  flock 9
  touch held
  exec sleep 60
) &
holder=$!
until [ -e held ]; do sleep 0.05; done
expect_failure "'maps/ucm2' is being written by another run" "${contours[@]}" --output new.h5 \
  --ucm2 maps
kill $holder
"${contours[@]}" --output new.h5 --ucm2 maps
[ "$(find maps | wc -l)" = 13 ]
md5sum --quiet -c sums
# The configuration file is one, too.
printf '# no settings\n' >settings.toml
config=(--config settings.toml)
would="would overwrite --config"
expect_failure "$would" "$bin/train_ncuts" "${short[@]}" "${config[@]}" --output ./settings.toml
expect_failure "$would" "$bin/train_classifier" "${config[@]}" --data textures.h5 \
  --checkpoint settings.toml
expect_failure "$would" run_ranks 2 "$bin/train_embedding" "${config[@]}" --data points.h5 \
  --log_file settings.toml
expect_failure "$would" "$bin/train_dictionary" "${config[@]}" --data points.h5 --output settings.toml
expect_failure "$would" "$bin/embed_tsne" "${config[@]}" --data points.h5 --embedding settings.toml
expect_failure "$would" "$bin/segment" "${config[@]}" --data scenes.h5 --output settings.toml
expect_failure "$would" "$bin/evaluate_segmentation" "${config[@]}" --data scenes.h5 \
  --segmentations colour.h5 --output settings.toml
expect_failure "$would" "$bin/evaluate_embedding" "${config[@]}" --train points.h5 \
  --output settings.toml
expect_failure "$would" "$bin/extract_activations" "${config[@]}" --data textures.h5 \
  --checkpoint time_c.h5 --layer x --output settings.toml
expect_failure "$would" "$bin/draw_graph" ncuts "${config[@]}" --output settings.toml
expect_failure "$would" "$bin/fit_contours" "${config[@]}" --data scenes.h5 --output settings.toml
expect_failure "$would" "$bin/map_boundaries" "${config[@]}" --data scenes.h5 --output settings.toml
expect_failure "$would" "$bin/compare_projectors" "${config[@]}" --output settings.toml
expect_failure "$would" "$bin/compare_gradients" "${config[@]}" --output settings.toml
[ "$(cat settings.toml)" = '# no settings' ]

# Another setting, another data set, at a resume.
cosine=("$bin/train_ncuts" "${short[@]}" --output run.h5 --checkpoint run_c.h5)
"${cosine[@]}" --train.epochs 1
expect_failure "train.epochs: 1 before, 2 now" "${cosine[@]}" --resume auto
train=("${cosine[@]}" --train.schedule constant)
"${train[@]}"
cp scenes.h5 moved.h5
"${train[@]}" --resume auto --data moved.h5 --train.epochs 3 --log info --log_file none
[ ! -e run.h5.log ]
expect_failure "train.batch: 4 before, 6 now" "${train[@]}" --resume auto --train.batch 6
expect_failure "train.seed: 1 before, 2 now" run_ranks 2 "${train[@]}" --resume auto --train.seed 2
"$python" "$source/analysis/make_scenes.py" --count 12 --height 48 --width 64 --seed 4 \
  --output others.h5 >/dev/null
expect_failure "data: data set of digest" "${train[@]}" --resume auto --data others.h5
"${train[@]}" --resume changed --data others.h5 --train.batch 6 --train.epochs 5
"$python" - <<'PY'
import h5py

with h5py.File("run.h5") as file:
    def batch(text):
        return text[()].decode().replace(" ", "").split("batch=")[1].split("\n")[0]

    assert batch(file["configuration"]) == "6"
    earlier = file["earlier_configurations"]
    assert [batch(earlier[name]) for name in earlier] == ["4", "4"], list(earlier)
PY
# An option for PETSc is a setting, too, but for those that only tell.
points=("$bin/train_embedding" --data points.h5 --model.dimensions 2 --train.restart 2 --log off
  --output points_r.h5 --checkpoint points_c.h5)
"${points[@]}" --train.iterations 2 -tao_grtol 1e-6
"${points[@]}" --train.iterations 4 -tao_grtol 1e-6 -tao_monitor --resume auto >/dev/null
expect_failure "-tao_grtol: 1e-6 before, 1e-3 now" "${points[@]}" --train.iterations 6 \
  -tao_grtol 1e-3 --resume auto
expect_failure "-tao_grtol: 1e-6 before, not given now" "${points[@]}" --train.iterations 6 \
  --resume auto
"${points[@]}" --train.iterations 6 --resume changed

# A run file that is gone or damaged, beside a good checkpoint.
truncate -s 1000 run.h5
"${train[@]}" --resume auto --data others.h5 --train.batch 6 --train.epochs 6 --log info 2>told.txt
grep -q "run file 'run.h5' is damaged" told.txt
[ -s run.h5.damaged ]
