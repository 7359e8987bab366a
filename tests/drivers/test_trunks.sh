# shellcheck shell=bash
# SqueezeNet and AlexNet of 2012, cut at several layers, equal a forward pass in NumPy to 1e-4, with
# random weights and through the importer. segment --features trunk gives what a network with an
# identity for its head gives. What trunks, imports and segment refuse.
. "$(dirname "$0")/common.sh"
numpy=$source/tests/drivers/numpy_trunks.py
"$python" "$numpy" make .

# check NETWORK WEIGHTS INPUT HEIGHT WIDTH CUT ...
check() {
  local network=$1 weights=$2 input=$3 height=$4 width=$5 cut
  shift 5
  for cut in "$@"; do
    "$build/tests/models/compare_features" "$network" "$cut" "$network.h5" "$input" "$height" \
      "$width" features.bin
    "$python" "$numpy" compare "$weights" "$network" "$cut" "$input" "$height" "$width" features.bin
  done
}

"$python" "$source/analysis/import_weights.py" squeezenet.npz --network squeezenet --pixels caffe \
  --output squeezenet.h5
for network in alexnet2012 alexnet_bvlc; do
  "$python" "$source/analysis/import_weights.py" alexnet.npz --network $network --output $network.h5
done
check squeezenet squeezenet.npz squeezenet_input.bin 96 131 conv1 fire2_squeeze1x1 fire3 pool3 fire5 \
  pool5 fire6 fire9 pool10
check alexnet2012 alexnet.npz alexnet_input.bin 96 131 relu1 norm1 relu2 relu5
check alexnet_bvlc alexnet.npz alexnet_input.bin 96 131 norm1 relu5
expect_failure "trunk 'squeezenet' has no layer 'fire1' to cut at; it has: conv1, relu1, pool1, fire2_" \
  "$build/tests/models/compare_features" squeezenet fire1 squeezenet.h5 squeezenet_input.bin 96 131 \
  features.bin

make_scenes
train=("$bin/train_ncuts" --data scenes.h5 --train.epochs 0 --train.batch 4 --log warning
  --view.long_side 160 --view.short_side 120 --model.trunk alexnet2012 --model.cut relu5
  --pixels.position false)
caffe=(--pixels.space bgr --pixels.mean 104 117 123 --pixels.deviation 1 1 1)
segment=("$bin/segment" --data scenes.h5 --log off --trunk.long_side 160 --segmenter.sampling 1)
same_segments() {
  "$python" - "$@" <<'PY'
import sys

import h5py
first, *others = [h5py.File(name)["segmentations/labels"][:] for name in sys.argv[1:]]
assert all((first == other).all() for other in others), sys.argv
assert first.max() > 0
PY
}

# The layer itself, and the same as the output of a head that does nothing.
"${train[@]}" "${caffe[@]}" --import alexnet2012.h5 --model.hidden 0 --model.features 256 \
  --model.features_kernel 1 --model.dropout 0 --checkpoint identity.h5 --output identity_run.h5
"$python" - <<'PY'
import h5py
import numpy as np
with h5py.File("identity.h5", "r+") as file:
    file["parameters/head2.weight"][0, 0] = np.eye(256)
    file["parameters/head2.bias"][:] = 0
    file["results/metric"][:] = np.eye(256)
PY
"${segment[@]}" --checkpoint identity.h5 --output identity_s.h5
"${segment[@]}" --checkpoint alexnet2012.h5 --features trunk --trunk.cut relu5 --output trunk_s.h5
"${segment[@]}" --checkpoint alexnet2012.h5 --features trunk --trunk.name alexnet2012 --output end_s.h5
"${segment[@]}" --checkpoint identity.h5 --features trunk --trunk.cut relu5 --output own_s.h5
run_ranks 2 "${segment[@]}" --checkpoint alexnet2012.h5 --features trunk --output ranks_s.h5
same_segments identity_s.h5 trunk_s.h5 end_s.h5 own_s.h5 ranks_s.h5
"${segment[@]}" --checkpoint identity.h5 --features joint --output identity_s.h5
"${segment[@]}" --checkpoint alexnet2012.h5 --features joint --trunk.cut relu5 --output trunk_s.h5
same_segments identity_s.h5 trunk_s.h5
"${segment[@]}" --checkpoint identity.h5 --partition hierarchy --output identity_s.h5
"${segment[@]}" --checkpoint alexnet2012.h5 --features trunk --partition hierarchy --output trunk_s.h5
same_segments identity_s.h5 trunk_s.h5
"${segment[@]}" --checkpoint squeezenet.h5 --features trunk --trunk.cut fire5 --output fire5_s.h5

trunk=("${segment[@]}" --features trunk --output bad.h5 --checkpoint alexnet2012.h5)
expect_failure "trunk 'alexnet2012' has no layer 'relu6' to cut at; it has: conv1, relu1, norm1" \
  "${trunk[@]}" --trunk.cut relu6
expect_failure "unknown trunk 'resnet'; there are: alexnet, alexnet2012" \
  "${trunk[@]}" --trunk.name resnet
expect_failure "checkpoint 'alexnet2012.h5' does not hold the parameters of trunk 'squeezenet'" \
  "${trunk[@]}" --trunk.name squeezenet --trunk.cut fire5
expect_failure "and layer 'conv5' has negative ones: take its ReLU" "${trunk[@]}" --trunk.cut conv5
expect_failure "layer 'pool10' of trunk 'squeezenet' has no map of features, but (1, 1000)" \
  "${trunk[@]}" --checkpoint squeezenet.h5 --trunk.cut pool10
expect_failure "trunk.name and trunk.cut belong to --features trunk or joint, not network" \
  "${trunk[@]}" --features network --trunk.cut relu5
for features in trunk joint; do
  expect_failure "--features $features takes the features of --affinity network, not of contour" \
    "${trunk[@]}" --features $features --affinity contour
done
expect_failure "trunk.long_side must be positive" "${trunk[@]}" --trunk.long_side 0

# A training from weights of other pixels, or of another network.
refused=("${train[@]}" --checkpoint refused.h5 --output refused_run.h5)
for other in "--pixels.space rgb" "--pixels.mean 103.939,116.779,123.68" "--pixels.deviation 58,57,57"; do
  # shellcheck disable=SC2086
  expect_one_line "weights of 'alexnet2012.h5' take pixels of space bgr, mean 104 117 123, deviation 1 1 1, but [pixels] is" \
    "${refused[@]}" "${caffe[@]}" $other --import alexnet2012.h5
done
[ ! -e refused.h5 ] && [ ! -e refused_run.h5 ]
"${train[@]}" "${caffe[@]}" --pixels.space rgb --import alexnet2012.h5 --import_pixels other \
  --checkpoint other.h5 --output other_run.h5 2>other.txt
grep -qF "deviation 1 1 1, but [pixels] is space rgb, mean 104 117 123, deviation 1 1 1" other.txt
"${train[@]}" "${caffe[@]}" --import alexnet2012.h5 --checkpoint same.h5 --output same_run.h5 2>same.txt
[ ! -s same.txt ]
for other in "--model.trunk alexnet" "--pixels.position true" "--model.trunk squeezenet --model.cut fire5"; do
  # shellcheck disable=SC2086
  expect_one_line "'alexnet2012.h5' holds weights of alexnet2012, which do not fit model.trunk and [pixels]; " \
    "${refused[@]}" "${caffe[@]}" $other --import alexnet2012.h5
  grep -q "of another shape: .*conv1.weight is float" output.txt
done
expect_failure "trunk 'alexnet2012' has no layer 'relu6' to cut at" "${refused[@]}" --model.cut relu6
