"""pack_coco.py on files as exporters write them; what packing means is tested by test_coco.sh."""

import json
import os
import unittest

import h5py
import numpy as np
from PIL import Image

from scripts import ScriptTest

SQUARE = [10, 10, 30, 10, 30, 30, 10, 30]


class PackCoco(ScriptTest):
    script = "pack_coco.py"

    def setUp(self):
        super().setUp()
        os.mkdir("images")
        self.pixels = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)
        Image.fromarray(self.pixels).save("images/one.png")
        self.content = {
            "images": [{"id": 1, "file_name": "one.png", "width": 60, "height": 40}],
            "categories": [{"id": 7, "name": "dog"}, {"id": 3, "name": "cat"}],
            "annotations": [
                {"id": 1, "image_id": 1, "category_id": 7, "bbox": [10, 10, 20, 20], "iscrowd": 0,
                 "segmentation": [SQUARE]},
                {"id": 2, "image_id": 1, "category_id": 3, "bbox": [0, 0, 40, 40], "iscrowd": 0,
                 "segmentation": [SQUARE]}]}
        self.first = self.content["annotations"][0]

    def pack(self, *more):
        with open("instances.json", "w", encoding="utf-8") as file:
            json.dump(self.content, file)
        return ("--annotations", "instances.json", "--images", "images", "--output", "packed.h5",
                *more)

    def packed(self, *more):
        """Names, classes and masks of a packing that succeeds, and what was said."""
        said = self.succeeds(*self.pack(*more))
        with h5py.File("packed.h5") as file:
            names = file["images/name"].asstr()[:].tolist()
            masks = file["masks/pixels"][:].reshape(len(names), 227, 227)
            return names, file["labels/class"][:].tolist(), masks, said

    def test_parts_of_less_than_three_points(self):
        _, _, expected, _ = self.packed()
        for part in ([1, 2, 3, 4], [5, 6], []):
            self.first["segmentation"] = [part, SQUARE]
            _, _, masks, said = self.packed()
            np.testing.assert_array_equal(masks, expected)
            self.assertIn("left out 1 polygons of less than three points", said)

    def test_objects_without_a_mask(self):
        wrong = [[], [[1, 2, 3, 4]], None, [[20, 20] * 3], [[50, 35, 55, 35, 52, 39]]]
        for segmentation in wrong:
            self.first["segmentation"] = segmentation
            names, _, masks, said = self.packed()
            self.assertIn("1 objects without a mask got their boxes as masks", said)
            # The box is square: 200 pixels of 227, from 13 on.
            expected = np.zeros((227, 227), np.uint8)
            expected[13:213, 13:213] = 1
            np.testing.assert_array_equal(masks[0], expected)
            names, _, masks, said = self.packed("--without-mask", "skip")
            self.assertIn("1 objects without a mask skipped", said)
            self.assertEqual(names, ["one_2"])
        del self.first["segmentation"]
        self.assertEqual(self.packed()[0], ["one_1", "one_2"])
        self.content["annotations"] = [self.first]
        self.refuses("no object has a mask", *self.pack("--without-mask", "skip"))

    def test_ids(self):
        expected = self.packed()[:2]
        self.content["images"][0]["id"] = "1"
        self.content["categories"][0]["id"] = "7"
        self.first |= {"id": "1", "category_id": [7], "iscrowd": False}
        self.assertEqual(self.packed()[:2], expected)
        self.content["images"][0]["id"] = "einö"
        for number, annotation in enumerate(self.content["annotations"]):
            annotation |= {"id": f"uuid-{number}", "image_id": "einö", "iscrowd": "0"}
        self.assertEqual(self.packed()[0], ["one_uuid-0", "one_uuid-1"])
        self.first["iscrowd"] = None
        self.assertEqual(self.packed()[0], ["one_uuid-0", "one_uuid-1"])
        self.first["iscrowd"] = "1"
        self.assertEqual(self.packed()[0], ["one_uuid-1"])

    def test_names_beyond_ascii(self):
        Image.fromarray(self.pixels).save("images/Größe 海.png")
        self.content["images"][0]["file_name"] = "Größe 海.png"
        self.content["categories"][0]["name"] = "Hündchen"
        self.assertEqual(self.packed()[0][0], "Größe 海_1")
        with h5py.File("packed.h5") as file:
            self.assertEqual(file["labels/names"].asstr()[:].tolist(), ["cat", "Hündchen"])

    def test_numbers_as_text_and_byte_order_mark(self):
        expected = self.packed()
        self.content["images"][0] |= {"width": 60.0, "height": "40"}
        self.assertEqual(self.packed()[:2], expected[:2])
        options = self.pack()
        with open("instances.json", "rb") as file:
            content = file.read()
        with open("instances.json", "wb") as file:
            file.write(b"\xef\xbb\xbf" + content)
        self.succeeds(*options)

    def test_orientation(self):
        exif = Image.Exif()
        exif[0x0112] = 8
        Image.fromarray(self.pixels).save("images/one.png", exif=exif)
        self.refuses("one.png: 40 x 60 pixels as shown (its EXIF orientation 8 turns the stored "
                     "pixels), 60 x 40 in the annotations", *self.pack())
        self.content["images"][0] |= {"width": 40, "height": 60}
        self.packed()
        # The stored image turned by 90 degrees to the left.
        shown = np.rot90(self.pixels)[10:30, 10:30].reshape(-1, 3).mean(0)
        with h5py.File("packed.h5") as file:
            found = file["images/pixels"][:227**2].reshape(227, 227, 3)[13:213, 13:213]
        self.assertLess(np.abs(found.reshape(-1, 3).mean(0) - shown).max(), 2)

    def test_refused(self):
        image, category = self.content["images"][0], self.content["categories"][0]
        runs = {"size": [40, 60], "counts": [10**30]}
        for entry, changes, text in (
                (self.first, {"category_id": [7, 3]}, "annotation 1 has no valid 'category_id'"),
                (self.first, {"category_id": {"id": 7}}, "has no valid 'category_id'"),
                (self.first, {"category_id": 9}, "is of category 9, which is not listed"),
                (self.first, {"image_id": None}, "annotation 1 has no valid 'image_id'"),
                (self.first, {"image_id": "x"}, "is of image x, which is not listed"),
                (self.first, {"id": 1.5}, "annotation at position 0 has no valid 'id'"),
                (self.first, {"id": "2"}, "two annotation entries have the id 2"),
                (self.first, {"id": True}, "annotation at position 0 has no valid 'id'"),
                (self.first, {"bbox": []}, "'bbox' is no list of four finite numbers"),
                (self.first, {"bbox": [1, 2, 3, float("nan")]}, "four finite numbers"),
                (self.first, {"bbox": [1, 2, 3, 10**400]}, "four finite numbers"),
                (self.first, {"bbox": ["1", 2, 3, 4]}, "four finite numbers"),
                (self.first, {"iscrowd": "no"}, "'iscrowd' is neither 0 nor 1"),
                (self.first, {"segmentation": "x"}, "neither polygons nor run lengths"),
                (self.first, {"segmentation": SQUARE}, "annotation 1: a polygon is no list"),
                (self.first, {"segmentation": [SQUARE + [1]]}, "a polygon is no list of pairs"),
                (self.first, {"segmentation": [[[1, 2], [3, 4]]]}, "a polygon is no list"),
                (self.first, {"segmentation": runs}, "do not cover 40x60"),
                (self.first, {"segmentation": runs | {"size": "x"}}, "are of size x"),
                (self.first, {"segmentation": runs | {"counts": None}}, "neither a string nor"),
                (self.first, {"segmentation": runs | {"counts": "é"}}, "no string of COCO's"),
                (image, {"file_name": None}, "image 1 has no valid 'file_name'"),
                (image, {"file_name": "two.png"}, "two.png, and there is no such file"),
                (image, {"width": 0}, "image 1 has no valid 'width'"),
                (image, {"width": "wide"}, "image 1 has no valid 'width'"),
                (image, {"width": 61}, "60 x 40 pixels, 61 x 40 in the annotations"),
                (category, {"name": 5}, "category 7 has no valid 'name'"),
                (category, {"name": "a\0b"}, "holds a zero byte"),
                (category, {"id": 3}, "two category entries have the id 3")):
            before = dict(entry)
            entry |= changes
            self.refuses(text, *self.pack())
            entry.clear()
            entry |= before
        for name in ("images", "categories", "annotations"):
            before = self.content[name]
            for value in (None, ["x"]):
                self.content[name] = value
                self.refuses("instances.json: ", *self.pack())
            self.content[name] = before
        with open("deep.json", "w") as file:
            file.write("[" * 100000)
        self.refuses("deep.json: no JSON", "--annotations", "deep.json", "--images", "images",
                     "--output", "packed.h5")

    def test_options(self):
        self.refuses("--limit: must be at least 1", *self.pack("--limit", "-1"))
        self.refuses("--longest must be at most --side", *self.pack("--longest", 300))
        for path in ("images/one.png", "instances.json"):
            self.refuses("is an input", *self.pack("--output", path))


if __name__ == "__main__":
    unittest.main()
