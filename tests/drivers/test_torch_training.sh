# shellcheck shell=bash
# The objectives of ten steps on two ranks equal those of the same training written for PyTorch.
. "$(dirname "$0")/common.sh"
torch=$(find_peer torch) || { echo "skipped: no PyTorch here"; exit 77; }
make_scenes
settings=(--data scenes.h5 --pixels.space rgb --pixels.mean 127.5 127.5 127.5
  --pixels.deviation 63.75 63.75 63.75 --view.long_side 64 --view.short_side 48
  --view.smallest_crop 1 --view.flip false --model.hidden 0 --model.dropout 0 --model.head_rate 1
  --model.features_bias 0.1 --train.batch 12 --train.schedule constant --train.rate 0.01
  --train.weight_decay 1e-3 --train.clip_norm 1 --log off)
"$bin/train_ncuts" "${settings[@]}" --train.epochs 0 --output none.h5 --checkpoint start.h5
run_ranks 2 "$bin/train_ncuts" "${settings[@]}" --train.epochs 10
"$torch" "$source/tests/drivers/torch_training.py" scenes.h5 start.h5 run.h5
