# shellcheck shell=bash
# Packing of COCO's format: boxes, masks, skips and order against references of make_coco.py, what
# it says of wrong input, and that train_classifier takes the file.
. "$(dirname "$0")/common.sh"
"$python" "$source/tests/drivers/make_coco.py"
pack() {
  "$python" "$source/analysis/pack_coco.py" --images coco --output "$1" --annotations "${@:2}"
}
pack packed.h5 instances.json >said.txt
grep -qx "packed.h5: 6 objects, 3 classes; skipped 1 crowds and 2 empty boxes" said.txt
pack few.h5 instances.json --limit 4 >said.txt
grep -q "^few.h5: 4 objects" said.txt

"$python" - <<'CHECK'
import json

import h5py
import numpy as np
from PIL import Image

expected = json.load(open("expected.json"))
masks = np.load("expected.npz")
with h5py.File("packed.h5") as file:
    assert file.attrs["format"] == b"eigenprop-classification" and file.attrs["version"] == 1
    names = [name.decode() for name in file["images/name"]]
    assert names == [name for name, _, _ in expected], names
    assert file["labels/class"][:].tolist() == [label for _, label, _ in expected]
    assert file["labels/names"][:].tolist() == [b"bicycle", b"dog", b"fork"]
    assert np.array_equal(file["labels/box"], np.float32([box for _, _, box in expected]))
    assert (file["images/size"][:] == 227).all() and file["labels/class"].dtype == np.int32
    assert file["images/offset"][:].tolist() == [i * 227**2 for i in range(7)]
    pixels = file["images/pixels"][:].reshape(6, 227, 227, 3)
    packed_masks = file["masks/pixels"][:].reshape(6, 227, 227)
with h5py.File("few.h5") as file:
    assert [name.decode() for name in file["images/name"]] == names[:4]
    assert np.array_equal(file["images/pixels"], pixels[:4].reshape(-1, 3))

colour = np.asarray(Image.open("coco/colour.png"))
for i, (name, _, box) in enumerate(expected):
    mask = masks[name]
    height, width = mask.shape
    assert max(height, width) == 200, name
    top, left = (227 - height) // 2, (227 - width) // 2
    inside = (slice(top, top + height), slice(left, left + width))
    # Padding: the mean colour, and no object.
    around = np.ones((227, 227), bool)
    around[inside] = False
    assert (pixels[i][around] == (124, 116, 104)).all(), name
    assert not packed_masks[i][around].any() and set(np.unique(packed_masks[i])) == {0, 1}, name
    # Masks: exact for run lengths; of polygons all pixels that lie wholly on one side, and the
    # area.
    found = packed_masks[i][inside]
    wholly = (mask == 0) | (mask == 1)
    wrong = np.count_nonzero(found[wholly] != mask[wholly])
    print(f"{name}: area {found.sum()}, reference {mask.sum():.0f}, {wrong} pixels wrong")
    assert wrong <= (0 if wholly.all() else 0.002 * mask.sum()), name
    assert abs(found.sum() - mask.sum()) < 0.02 * mask.sum(), name
    assert 0.1 < found.mean() <= 1, name
    # Pixels: the grey image is a ramp, which scaling keeps; the coloured one is noise, of which
    # the mean over the box stays.
    x, y, box_width, box_height = box
    if name.startswith("grey"):
        columns = x + (np.arange(width) + 0.5) * box_width / width - 0.5
        rows = y + (np.arange(height) + 0.5) * box_height / height - 0.5
        ramp = 3 * columns + 2 * rows[:, None]
        assert (pixels[i][inside] == pixels[i][inside][:, :, :1]).all(), "grey is three channels"
        error = np.abs(pixels[i][inside][:, :, 0] - ramp)[8:-8, 8:-8]
        print(f"  ramp is off by {error.max():.1f} of 255 at most")
        assert error.max() < 3, name
    elif all(float(value).is_integer() for value in box):
        x, y, box_width, box_height = map(int, box)
        crop = colour[y:y + box_height, x:x + box_width].reshape(-1, 3).mean(0)
        assert np.abs(pixels[i][inside].reshape(-1, 3).mean(0) - crop).max() < 2, name
CHECK

# The network of the paper takes 227 x 227; a small one shows that the file is read.
tiny=(--config "$source/drivers/configurations/deepo2p.toml" --model.trunk none --model.layers
  "conv1: conv 4 11 stride=16" "relu1: relu" "pooled: second_order function=log epsilon=1e-3"
  "triangle: upper_triangle" --train.epochs 2 --train.batch 3 --train.unit 3 --log off)
"$bin/train_classifier" "${tiny[@]}" --data packed.h5 --test packed.h5 --output run.h5
[ "$(losses run.h5 | wc -l)" = 4 ]

# change NAME CODE: instances.json with a change to `d` as NAME.json.
change() {
  "$python" -c "import json
d = json.load(open('instances.json'))
$2
json.dump(d, open('$1.json', 'w'))"
}
change missing "d['images'][0]['file_name'] = 'gone.jpg'"
expect_failure "image 7 is coco/gone.jpg, and there is no such file" pack bad.h5 missing.json
change category "d['annotations'][2]['category_id'] = 5"
expect_failure "annotation 9 is of category 5, which is not listed" pack bad.h5 category.json
change image "d['annotations'][0]['image_id'] = 8"
expect_failure "annotation 50 is of image 8, which is not listed" pack bad.h5 image.json
change twice "d['annotations'][1]['id'] = 9"
expect_failure "two annotation entries have the id 9" pack bad.h5 twice.json
change box "d['annotations'][0]['bbox'] = [1, 2, 3]"
expect_failure "annotation 50: 'bbox' is no list of four finite numbers" pack bad.h5 box.json
change polygon "d['annotations'][1]['segmentation'] = [[1, 2, 3, 4, 5]]"
expect_failure "annotation 51: a polygon is no list of pairs of finite numbers" pack bad.h5 polygon.json
change form "d['annotations'][1]['segmentation'] = 7"
expect_failure "annotation 51: the segmentation is neither polygons nor" pack bad.h5 form.json
change runs "d['annotations'][2]['segmentation']['counts'][1] += 1"
expect_failure "annotation 9: the run lengths do not cover 50x40" pack bad.h5 runs.json
change text "d['annotations'][3]['segmentation']['counts'] += 'P'"
expect_failure "annotation 12: the run lengths are no string of COCO's format" pack bad.h5 text.json
change transposed "d['annotations'][3]['segmentation']['size'] = [80, 60]"
expect_failure "the run lengths are of size [80, 60], the image is 60x80" \
  pack bad.h5 transposed.json
change size "d['images'][1]['width'] = 81"
expect_failure "colour.png: 80 x 60 pixels, 81 x 60 in the annotations" pack bad.h5 size.json
change crowds "d['annotations'] = d['annotations'][4:5]"
expect_failure "no object to pack (1 crowds, 0 empty boxes)" pack bad.h5 crowds.json
change list "d = [d]"
expect_failure "no instances file" pack bad.h5 list.json
head -c 300 instances.json >half.json
expect_failure "half.json: no JSON" pack bad.h5 half.json
expect_failure "nothing.json: no such file" pack bad.h5 nothing.json
expect_failure "--limit: must be at least 1" pack bad.h5 instances.json --limit 0
echo "no image" >coco/grey.jpg
expect_failure "coco/grey.jpg: not a readable image" pack bad.h5 instances.json
# An error leaves neither the file nor a part of it.
[ -z "$(find . -name '*bad*')" ]
