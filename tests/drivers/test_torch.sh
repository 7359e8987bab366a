# shellcheck shell=bash
# Features of AlexNet and VGG-16 with the same random weights equal torchvision's, to 1e-5 relative,
# through the importer of pretrained weights.
. "$(dirname "$0")/common.sh"
torch=$(find_peer torch,torchvision) || { echo "skipped: no torchvision here"; exit 77; }
"$torch" "$source/tests/drivers/torch_features.py" weights
for network in alexnet vgg16; do
  "$python" "$source/analysis/import_weights.py" weights/$network.npz --network $network \
    --output $network.h5
  "$build/tests/models/compare_features" $network "" $network.h5 weights/${network}_input.bin 96 131 \
    weights/${network}_features.bin
done
"$torch" "$source/tests/drivers/torch_features.py" weights --compare
