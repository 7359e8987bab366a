# shellcheck shell=bash
# Names beyond ASCII, of files, images and classes, from the packers through the drivers.
. "$(dirname "$0")/common.sh"
mkdir -p größe/images/test größe/groundTruth/test
"$python" - <<'DATA'
import numpy as np
import scipy.io
from PIL import Image

generator = np.random.default_rng(2)
for name in ("Zürich", "海"):
    labels = np.ones((24, 32), np.uint16)
    labels[:, 16:] = 2
    pixels = (labels[..., None] * 90 + generator.integers(0, 20, (24, 32, 3))).astype(np.uint8)
    Image.fromarray(pixels).save(f"größe/images/test/{name}.png")
    entry = np.empty((1, 1), [("Segmentation", object)])
    entry[0, 0] = (labels,)
    cells = np.empty((1, 1), object)
    cells[0, 0] = entry
    scipy.io.savemat(f"größe/groundTruth/test/{name}.mat", {"groundTruth": cells})
np.savez("punkte.npz", features=generator.random((12, 3)), labels=np.repeat(["Bär", "犬"], 6))
DATA
"$python" "$source/analysis/pack_bsds.py" --data größe --split test --output größe/bilder.h5
"$bin/segment" --features colour --data größe/bilder.h5 --output größe/ergebnis.h5 --log off
"$bin/evaluate_segmentation" --data größe/bilder.h5 --segmentations größe/ergebnis.h5 \
  --output größe/güte.h5
"$python" "$source/analysis/pack_points.py" --npz punkte.npz --output größe/punkte.h5
"$bin/train_embedding" --config "$source/drivers/configurations/linear_nca.toml" \
  --data größe/punkte.h5 --output größe/lauf.h5 --checkpoint größe/stand.h5 --log off
"$python" "$source/analysis/segmentation_sheet.py" --data größe/bilder.h5 --trained \
  größe/ergebnis.h5 --output größe/bild.png
"$python" - <<'CHECK'
import h5py

for name in ("bilder", "ergebnis", "güte"):
    with h5py.File(f"größe/{name}.h5") as file:
        assert file["images/name"].asstr()[:].tolist() == ["Zürich", "海"], name
with h5py.File("größe/punkte.h5") as file:
    assert file["labels/names"].asstr()[:].tolist() == ["Bär", "犬"]
with h5py.File("größe/lauf.h5") as file:
    assert "größe/punkte.h5" in file["configuration"][()].decode()
CHECK
