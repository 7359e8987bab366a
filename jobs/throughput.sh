#!/usr/bin/env bash
# Training speed at 481 x 321: the small trunk, and the paper's head on AlexNet and VGG-16, on 1 and
# 2 ranks (or the numbers given). Prints images a second, from the median step of four.
#
#   bash jobs/throughput.sh [RANKS ...]
set -euo pipefail
cd "$(dirname "$0")/.."
. jobs/common.sh
python=$(find_python)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" analysis/make_scenes.py --count 16 --height 321 --width 481 --output "$work/scenes.h5" \
  >/dev/null

train() {
  local ranks=$1
  shift
  run_ranks "$ranks" "$EIGENPROP_BUILD/bin/train_ncuts" --data "$work/scenes.h5" \
    --view.long_side 481 --view.short_side 321 --train.batch 4 --train.epochs 1 \
    --output "$work/run.h5" --checkpoint "$work/checkpoint.h5" --log off "$@"
  "$python" -c 'import h5py, numpy, sys
with h5py.File(sys.argv[1]) as f:
    print("%.2f" % (4 / numpy.median(f["metrics/train/seconds"][:])))' "$work/run.h5"
}

[ $# -gt 0 ] || set -- 1 2
for ranks in "$@"; do
  printf '%-8s %s rank(s)  %s images/s\n' small "$ranks" "$(train "$ranks" --model.hidden 0)"
  printf '%-8s %s rank(s)  %s images/s\n' alexnet "$ranks" \
    "$(train "$ranks" --model.trunk alexnet --pixels.position false)"
  printf '%-8s %s rank(s)  %s images/s\n' vgg16 "$ranks" \
    "$(train "$ranks" --model.trunk vgg16 --model.cut relu4_1 --model.hidden 1024 \
      --pixels.position false)"
done
