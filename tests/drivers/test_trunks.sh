# shellcheck shell=bash
# SqueezeNet and AlexNet of 2012, cut at several layers, equal a forward pass in NumPy to 1e-4, with
# random weights and through the importer; and what the trunks refuse.
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
"$python" "$source/analysis/import_weights.py" alexnet2012.npz --network alexnet2012 \
  --output alexnet2012.h5
check squeezenet squeezenet.npz squeezenet_input.bin 96 131 conv1 fire2_squeeze1x1 fire3 pool3 fire5 \
  pool5 fire6 fire9 pool10
check alexnet2012 alexnet2012.npz alexnet2012_input.bin 96 131 relu1 norm1 relu2 relu5
expect_failure "trunk 'squeezenet' has no layer 'fire1' to cut at; it has: conv1, relu1, pool1, fire2_" \
  "$build/tests/models/compare_features" squeezenet fire1 squeezenet.h5 squeezenet_input.bin 96 131 \
  features.bin
expect_failure "missing: conv1.weight" "$build/tests/models/compare_features" squeezenet fire9 \
  alexnet2012.h5 squeezenet_input.bin 96 131 features.bin
