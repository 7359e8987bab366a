# shellcheck shell=bash
# SqueezeNet with ImageNet's weights names the animals of photographs of BSDS500: 108005 a tiger,
# 159008 a kit fox, 42049 a kite, 196073 snakes; and its features, like those of BVLC's AlexNet, are
# those of a forward pass in NumPy to 1e-4.
. "$(dirname "$0")/common.sh"
bsds=${EIGENPROP_DATA:-$source/../shared/data}/BSDS500
weights=${EIGENPROP_WEIGHTS:-${EIGENPROP_DATA:-$source/../shared/data}/../weights}
numpy=$source/tests/drivers/numpy_trunks.py
for needed in "$bsds" "$weights/squeezenet1_1.npz" "$weights/alexnet_bvlc.npz"; do
  if [ ! -e "$needed" ]; then
    echo "skipped: no ${needed##*/} here; EIGENPROP_DATA names the folder of BSDS500," \
      "EIGENPROP_WEIGHTS that of the weights"
    exit 77
  fi
done
"$python" "$source/analysis/import_weights.py" "$weights/squeezenet1_1.npz" --network squeezenet \
  --pixels caffe --output squeezenet.h5
"$python" "$source/analysis/import_weights.py" "$weights/alexnet_bvlc.npz" --network alexnet_bvlc \
  --output alexnet_bvlc.h5

# features NETWORK WEIGHTS CUT: of image.bin, compared with NumPy's.
features() {
  "$build/tests/models/compare_features" "$1" "$3" "$1.h5" image.bin 227 227 features.bin
  "$python" "$numpy" compare "$weights/$2" "$1" "$3" image.bin 227 227 features.bin
}

# names IMAGE FIRST LAST COUNT
names() {
  local image
  image=$(find "$bsds" -name "$1.jpg" -print -quit)
  "$python" "$numpy" pixels "$image" image.bin
  features squeezenet squeezenet1_1.npz pool10
  "$python" "$numpy" classes features.bin "$2" "$3" "$4"
}

names 108005 292 292 1
names 159008 278 278 1
names 42049 21 21 1
names 196073 52 68 5
for cut in conv1 fire5 fire9; do features squeezenet squeezenet1_1.npz $cut; done
for cut in relu2 relu5; do features alexnet_bvlc alexnet_bvlc.npz $cut; done
