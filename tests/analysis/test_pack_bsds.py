"""pack_bsds.py on folders as users have them."""

import os
import unittest

import h5py
import numpy as np
import scipy.io
from PIL import Image

from scripts import ScriptTest


def truth(*maps):
    """The cell array of structs that Berkeley's files hold."""
    cells = np.empty((1, len(maps)), object)
    for i, labels in enumerate(maps):
        entry = np.empty((1, 1), [("Segmentation", object), ("Boundaries", object)])
        entry[0, 0] = (labels, np.zeros(labels.shape))
        cells[0, i] = entry
    return {"groundTruth": cells}


def save_truth_73(path, *maps):
    """The same as MATLAB's version 7.3 writes it."""
    with h5py.File(path, "w", userblock_size=512) as file:
        references = []
        for i, labels in enumerate(maps):
            struct = file.create_group(f"#refs#/{i}")
            struct["Segmentation"] = labels.T
            struct["Boundaries"] = (labels > 1).astype(np.uint8).T
            references.append([struct.ref])
        file.create_dataset("groundTruth", data=np.array(references, h5py.ref_dtype),
                            dtype=h5py.ref_dtype)


class PackBsds(ScriptTest):
    script = "pack_bsds.py"

    def setUp(self):
        super().setUp()
        os.makedirs("data/images/val")
        os.makedirs("data/groundTruth/val")
        self.generator = np.random.default_rng(4)
        self.maps = [self.generator.integers(1, n, (6, 9)).astype(np.uint16) for n in (3, 5)]
        self.add("first")

    def add(self, name, extension="png"):
        pixels = self.generator.integers(0, 256, (6, 9, 3), np.uint8)
        Image.fromarray(pixels).save(f"data/images/val/{name}.{extension}")
        scipy.io.savemat(f"data/groundTruth/val/{name}.mat", truth(*self.maps))
        return pixels

    def pack(self, *more):
        return ("--data", "data", "--split", "val", "--output", "packed.h5", *more)

    def test_names_beyond_ascii(self):
        pixels = self.add("Zürich_海")
        self.succeeds(*self.pack())
        with h5py.File("packed.h5") as file:
            self.assertEqual([name.decode() for name in file["images/name"]],
                             ["Zürich_海", "first"])
            self.assertEqual(file["images/name"].asstr()[0], "Zürich_海")
            np.testing.assert_array_equal(file["images/pixels"][:54], pixels.reshape(-1, 3))
        from eigenprop_data import read_packed
        with read_packed("packed.h5") as data:
            self.assertEqual(data.names[0], "Zürich_海")
            np.testing.assert_array_equal(data.segmentations(0)[1], self.maps[1] - 1)

    def test_version_73_equals_version_5(self):
        self.succeeds(*self.pack())
        with h5py.File("packed.h5") as file:
            expected = file["segmentations/labels"][:]
        save_truth_73("data/groundTruth/val/first.mat", *self.maps)
        self.succeeds(*self.pack())
        with h5py.File("packed.h5") as file:
            np.testing.assert_array_equal(file["segmentations/labels"], expected)
            self.assertEqual(file["images/first_segmentation"][:].tolist(), [0, 2])

    def test_two_images_of_one_name(self):
        Image.new("RGB", (9, 6)).save("data/images/val/first.jpg")
        self.refuses("first.jpg and first.png are two images of one name", *self.pack())

    def test_orientation(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        path = "data/images/val/first.png"
        with Image.open(path) as image:
            image.save(path, exif=exif)
        self.refuses("a segmentation is 6x9 (height x width), its image 9x6 (height x width) as "
                     "shown (its EXIF orientation 6 turns the stored pixels)", *self.pack())

    def test_broken_ground_truth(self):
        path = "data/groundTruth/val/first.mat"
        nan = self.maps[0].astype(float)
        nan[0, 0] = np.nan
        contents = [({"other": 1}, "has no variable 'groundTruth'"),
                    ({"groundTruth": np.ones((2, 2))}, "is no cell array of structs"),
                    (truth(nan), "Segmentation 1 has entries that are no whole numbers"),
                    (truth(self.maps[0] + 0.5), "no whole numbers"),
                    (truth(self.maps[0] * 1j), "is no matrix of numbers"),
                    (truth(np.array(["text"])), "is no matrix of numbers")]
        for content, text in contents:
            scipy.io.savemat(path, content)
            self.refuses(text, *self.pack())
        scipy.io.savemat(path, truth(*self.maps))
        with open(path, "rb") as file:
            whole = file.read()
        for content in (b"", whole[:200], b"<html>" * 100, b"\x89HDF\r\n\x1a\n" + whole):
            with open(path, "wb") as file:
                file.write(content)
            self.refuses("first.mat: not a readable .mat file", *self.pack())
        os.unlink(path)
        self.refuses("first.mat: ground truth is missing", *self.pack())

    def test_options(self):
        self.refuses("--limit: must be at least 1", *self.pack("--limit", "-1"))
        self.refuses("no such split (there are: val)", "--data", "data", "--split", "test",
                     "--output", "packed.h5")

    def test_output_is_an_input(self):
        for path in ("data/images/val/first.png", "data/groundTruth/val/../val/first.mat"):
            self.refuses("is an input", "--data", "data", "--split", "val", "--output", path)


if __name__ == "__main__":
    unittest.main()
