# shellcheck shell=bash
# Peak memory: of data sets it is that of --memory_limit, of images of many sizes that of the largest, of
# results that of few images; --dry-run tells it before. What is read again and again gives the same
# weights.
. "$(dirname "$0")/common.sh"

# Images of all sizes from 120 x 160 to 240 x 320, with one to five people's segmentations.
"$python" - "$source/analysis" <<'PY'
import sys

import numpy as np

sys.path.insert(0, sys.argv[1])
from eigenprop_data import dataset_writer

for name, count in (("three", 3), ("few", 10), ("many", 80)):
    rng = np.random.default_rng(1)
    with dataset_writer(f"{name}.h5", "blocks") as writer:
        for i in range(count):
            height = 240 if i < 2 else int(rng.integers(120, 240))
            width = 320 if i < 2 else int(rng.integers(160, 320))
            y, x = np.mgrid[:height, :width]
            maps = [4 * (y * (2 + p) // height) + x * (3 + i % 2) // width for p in range(1 + i % 5)]
            pixels = 25 * maps[0][..., None] + rng.integers(0, 25, (height, width, 3))
            writer.add(f"image{i}", (pixels % 256).astype(np.uint8), maps)
PY

# peak COMMAND ...: MiB of the command at its peak.
peak() {
  "$python" -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)' "$@"
}

# expect_at_most LIMIT VALUE WHAT
expect_at_most() {
  [ "$2" -le "$1" ] || { echo "FAILED: $3: $2 MiB, more than $1"; exit 1; }
}

train() {
  peak "$bin/train_ncuts" --config "$source/drivers/configurations/ncuts_scenes.toml" --log off \
    --view.long_side 96 --view.short_side 64 --train.epochs 2 "$@"
}
few=$(train --data few.h5 --memory_limit 1 --output few_run.h5 --checkpoint few_c.h5)
many=$(train --data many.h5 --memory_limit 1 --output some.h5 --checkpoint some_c.h5)
all=$(train --data many.h5 --memory_limit 100 --output all.h5 --checkpoint all_c.h5)
none=$(train --data many.h5 --memory_limit 0 --output none.h5 --checkpoint none_c.h5)
echo "training: $few MiB, eight times the images: $many, all held: $all, none: $none"
expect_at_most $((few + 5)) "$many" "eight times the images"
expect_at_most $((few + 5)) "$none" "no image held"
[ "$all" -ge $((many + 10)) ] || { echo "FAILED: a limit of 100 MiB holds nothing"; exit 1; }
same_training 0 0 all some none

segment() { peak "$bin/segment" --checkpoint few_c.h5 --log off "$@"; }
few=$(segment --data few.h5 --output few_s.h5)
many=$(segment --data many.h5 --output many_s.h5)
echo "segmentation: $few MiB, eight times the images: $many"
expect_at_most $((few + 5)) "$many" "eight times the images to segment"

# expect_told WHAT DRIVER ARGUMENTS ...: --dry-run tells the peak of the training within a fifth.
expect_told() {
  local what=$1 told measured
  shift
  told=$("$@" --dry-run | awk '/^in all/ { print int($3) }')
  measured=$(peak "$@" --log off --output run.h5 --checkpoint c.h5)
  echo "$what: $told MiB told, $measured measured"
  expect_at_most $((measured * 120 / 100)) "$told" "--dry-run of $what"
  expect_at_most $((told * 100 / 80)) "$measured" "$what, of which --dry-run told $told"
}
for trunk in small "alexnet2012 --model.cut relu5"; do
  # shellcheck disable=SC2086
  expect_told "$trunk" "$bin/train_ncuts" --config "$source/drivers/configurations/ncuts_bsds.toml" \
    --model.trunk $trunk --view.long_side 481 --view.short_side 321 --train.epochs 1 --data three.h5
done
"$python" "$source/tests/drivers/make_textures.py" textures.h5 200 1
for model in cifar_o2p cifar_o2p_fc; do
  expect_told $model "$bin/train_classifier" --config "$source/drivers/configurations/$model.toml" \
    --data textures.h5 --test textures.h5 --train.epochs 1
done

expect_failure "memory_limit must lie in 0 .. 1073741824 MiB" \
  "$bin/train_ncuts" --data few.h5 --memory_limit -1
expect_failure "memory_limit must lie in 0 .. 1073741824 MiB" \
  "$bin/train_classifier" --data few.h5 --memory_limit 1073741825

# What it cannot tell it names.
"$bin/train_classifier" --config "$source/drivers/configurations/cifar_o2p.toml" --dry-run \
  --train.method cg | grep -q "beside it: vectors of TAO's cg"
