# shellcheck shell=bash
# RICA, autoencoders and softmax regression: objectives of five steps of momentum SGD, and the weights after them, equal
# those of the same objectives written for PyTorch's autograd.
. "$(dirname "$0")/common.sh"
torch=$(find_peer torch) || { echo "skipped: no PyTorch here"; exit 77; }
"$python" - <<'DATA'
import numpy as np

np.savez("points.npz", features=np.random.default_rng(6).normal(size=(90, 12)))
DATA
"$python" "$source/analysis/pack_points.py" --npz points.npz --output points.h5 >/dev/null
compare() {
  local name=$1
  shift
  local settings=(--data points.h5 --log off --train.batch 90 --train.unit 20 --train.schedule constant
    --train.rate 0.01 --model.atoms 15 --model.decay 0.03 --model.sparsity 0.7 "$@")
  "$bin/train_dictionary" "${settings[@]}" --train.epochs 0 --output none.h5 --checkpoint start.h5
  run_ranks 2 "$bin/train_dictionary" "${settings[@]}" --train.epochs 5 --output run.h5 --checkpoint end.h5
  "$torch" "$source/tests/drivers/torch_dictionary.py" "$name" points.h5 start.h5 run.h5 end.h5
}
compare rica --model.objective rica
for activation in sigmoid relu tanh; do
  compare $activation-linear --model.objective autoencoder --model.activation $activation
done
compare relu-sigmoid-tied --model.objective autoencoder --model.activation relu --model.output sigmoid \
  --model.tied true

# Softmax regression and its top-k errors.
"$python" - <<'DATA'
import numpy as np

generator = np.random.default_rng(7)
labels = np.arange(120) % 9
features = generator.normal(size=(9, 10))[labels] + generator.normal(0, 2, (120, 10))
np.savez("classes.npz", features=features, labels=labels)
DATA
"$python" "$source/analysis/pack_points.py" --npz classes.npz --output classes.h5 >/dev/null
softmax=(--config "$source/drivers/configurations/softmax.toml" --data classes.h5 --test classes.h5
  --log off --train.batch 120 --train.rate 0.01 --train.schedule constant --train.warmup_epochs 0
  --train.weight_decay 1e-3 --train.clip_norm 0)
"$bin/train_classifier" "${softmax[@]}" --train.epochs 0 --output none.h5 --checkpoint start.h5
run_ranks 2 "$bin/train_classifier" "${softmax[@]}" --train.epochs 6 --output run.h5 --checkpoint end.h5
"$torch" "$source/tests/drivers/torch_softmax.py" classes.h5 start.h5 run.h5
