"""pack_points.py, pack_coil.py, pack_cifar.py and pack_patches.py: what they store and refuse."""

import os
import unittest

import h5py
import numpy as np
import scipy.io

from scripts import ScriptTest


class PackPoints(ScriptTest):
    script = "pack_points.py"

    def pack(self, **arrays):
        np.savez("points.npz", **arrays)
        return "--npz", "points.npz", "--output", "points.h5"

    def test_types_keep_their_values(self):
        x = np.array([[0, 1], [2, 250]])
        for kind, stored in ((np.uint8, np.uint8), (bool, np.uint8), (np.float16, np.float32),
                             (np.float32, np.float32), (np.int64, np.float64),
                             (np.float64, np.float64)):
            self.succeeds(*self.pack(features=x.astype(kind)))
            with h5py.File("points.h5") as file:
                self.assertEqual(file["features"].dtype, stored)
                np.testing.assert_array_equal(file["features"], x.astype(kind))

    def test_labels_are_text_of_any_language(self):
        for labels in (np.array(["Kätzchen", "犬", "犬"]), np.array([b"cat", b"dog", b"dog"])):
            self.succeeds(*self.pack(features=np.eye(3), labels=labels))
            with h5py.File("points.h5") as file:
                names = file["labels/names"].asstr()[:]
                expected = [label if isinstance(label, str) else label.decode()
                            for label in labels.tolist()]
                self.assertEqual([names[i] for i in file["labels/class"]], expected)

    def test_refused_arrays(self):
        x = np.eye(4)
        nan = np.array([0, 1, np.nan, 1])
        for arrays, text in (
                ({"features": x * 1j}, "features are of type complex128, not real numbers"),
                ({"features": np.array([["a"]])}, "not real numbers"),
                ({"features": x + np.inf}, "features are not finite"),
                ({"features": np.array([[2**60 + 1]])}, "double precision does not hold"),
                ({"features": np.ones(4)}, "one to three extents"),
                ({"features": np.float64(3)}, "not one entry for each"),
                ({"features": np.ones((0, 3))}, "would be without points"),
                ({"features": np.ones((3, 0))}, "one to three extents"),
                ({"features": x, "labels": nan}, "labels are not finite"),
                ({"features": x, "labels": np.arange(3)}, "labels are (3,), not one entry for"),
                ({"features": x, "labels": x}, "labels must be one number or text a point"),
                ({"features": x, "labels": np.ones(4) * 1j}, "one number or text a point"),
                ({"features": x, "targets": nan[:, None]}, "targets must be finite"),
                ({"features": x, "targets": np.ones(4)}, "targets must be finite, a row for each"),
                ({"features": x, "targets": x * 1j}, "targets are of type complex128"),
                ({"features": x, "targets": x[:2]}, "targets are (2, 4), not one entry for each"),
                ({"features": np.array([[None]])}, "not a readable .npz file"),
                ({"points": x}, "has no array 'features', only points")):
            self.refuses(text, *self.pack(**arrays))

    def test_refused_files(self):
        options = self.pack(features=np.random.default_rng(1).random((50, 3)))
        with open("points.npz", "rb") as file:
            whole = file.read()
        wrong = bytearray(whole)
        wrong[len(whole) // 2] ^= 255
        for content, text in ((b"", "is empty"), (whole[:300], "is no .npz file, or a truncated"),
                              (b"<!DOCTYPE html><html>", "perhaps a web page"),
                              (bytes(wrong), "not a readable .npz file"),
                              (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS")):
            with open("points.npz", "wb") as file:
                file.write(content)
            self.refuses(text, *options)
        np.save("single.npy", np.eye(2))
        self.refuses("is a single array", "--npz", "single.npy", "--output", "points.h5")
        self.refuses("no such file", "--npz", "nothing.npz", "--output", "points.h5")

    def test_both_files_or_none(self):
        options = self.pack(features=np.eye(2))
        self.refuses("test.h5: would be without points", *options, "--test", "test.h5",
                     "--hold-out", "0.1")
        self.refuses("two outputs would be this one file", *options, "--test", "./points.h5")
        self.refuses("--seed: must be at least 0", *options, "--seed", "-1")


class PackCoil(ScriptTest):
    script = "pack_coil.py"

    def pack(self, x, y, version=5):
        if version == 5:
            scipy.io.savemat("coil.mat", {"X": x, "Y": y})
        else:
            with h5py.File("coil.mat", "w", userblock_size=512) as file:
                file["X"], file["Y"] = x.T, np.asarray(y).T
        return ("--data", "coil.mat", "--hold-out", "views", "--train", "a.h5", "--test", "b.h5")

    def setUp(self):
        super().setUp()
        self.x = np.random.default_rng(2).integers(0, 256, (144, 1024), np.uint8)
        self.y = np.repeat([1, 2], 72)[:, None]

    def test_version_73_equals_version_5(self):
        self.succeeds(*self.pack(self.x, self.y))
        with h5py.File("a.h5") as file:
            expected = file["features"][:]
        # The first pixel that is kept: view 1, column by column.
        self.assertAlmostEqual(expected[0, 1, 0, 0], self.x[1, 1] / 255, places=6)
        self.succeeds(*self.pack(self.x, self.y, 7.3))
        with h5py.File("a.h5") as file:
            np.testing.assert_array_equal(file["features"], expected)

    def test_refused(self):
        for x, y, text in (
                (self.x / 255.0, self.y, "no whole numbers"),
                (self.x // 255, self.y, "not in 0 ... 255"),
                (self.x, self.y - 1, "not numbered from 1"),
                (self.x, self.y * 3, "not numbered from 1"),
                (self.x, self.y + np.nan, "no whole numbers"),
                (self.x[:, :9], self.y, "not (n, 1024)"),
                (self.x[1:], self.y[1:], "object 1 has 71 views, not 72"),
                (np.empty((2, 2), object), self.y, "no matrix of numbers")):
            if x.dtype == object:
                x[:] = "text"
            self.refuses(text, *self.pack(x, y))
        with open("coil.mat", "w") as file:
            file.write("<html>")
        self.refuses("not a readable .mat file", "--data", "coil.mat", "--hold-out", "views",
                     "--train", "a.h5", "--test", "b.h5")


class PackCifar(ScriptTest):
    script = "pack_cifar.py"

    def setUp(self):
        super().setUp()
        # A folder that glob would take for a pattern.
        os.mkdir("cifar[10]")
        records = np.random.default_rng(3).integers(0, 256, (4, 3073), dtype=np.uint8)
        records[:, 0] = [0, 1, 1, 0]
        records.tofile("cifar[10]/test_batch.bin")
        with open("cifar[10]/batches.meta.txt", "w", encoding="utf-8") as file:
            file.write("Eisbär\npolar fox\n\n")
        self.options = ("--data", "cifar[10]", "--split", "test", "--output", "packed.h5")

    def test_names(self):
        for points in ((), ("--points",)):
            self.succeeds(*self.options, *points)
            with h5py.File("packed.h5") as file:
                self.assertEqual(file["labels/names"].asstr()[:].tolist(),
                                 ["Eisbär", "polar fox"])

    def test_refused(self):
        for limit in ("-1", "0", "x"):
            self.refuses("--limit", *self.options, "--limit", limit)
        records = np.fromfile("cifar[10]/test_batch.bin", np.uint8).reshape(4, 3073)
        records[2, 0] = 9
        records.tofile("cifar[10]/test_batch.bin")
        for points in ((), ("--points",)):
            self.refuses("test_batch.bin: record 2 is of class 9", *self.options, *points)
        with open("cifar[10]/batches.meta.txt", "wb") as file:
            file.write(b"\xff\xfe\n")
        self.refuses("batches.meta.txt: no text in UTF-8", *self.options)


class PackPatches(ScriptTest):
    script = "pack_patches.py"

    def setUp(self):
        super().setUp()
        self.succeeds("--count", 2, "--height", 40, "--width", 48, "--output", "scenes.h5",
                      script="make_scenes.py")
        self.options = ("--data", "scenes.h5", "--output", "patches.h5", "--count", 20)

    def change(self, name, value):
        with h5py.File("scenes.h5", "r+") as file:
            del file[name]
            if value is not None:
                file[name] = value

    def test_refused_options(self):
        self.refuses("scenes.h5: no image has 41 x 41 pixels", *self.options, "--size", 41)
        self.refuses("--seed: must be at least 0", *self.options, "--seed", -1)
        for value in ("0", "inf", "nan"):
            self.refuses("must be positive and finite", *self.options, "--regularization", value)

    def test_refused_data(self):
        with h5py.File("scenes.h5") as file:
            offsets, pixels = file["images/offset"][:], file["images/pixels"][:]
        for name, value, text in (
                ("images/pixels", pixels[:-1], "/images/offset does not fit the sizes"),
                ("images/offset", offsets + 2**62, "/images/offset does not fit the sizes"),
                ("images/pixels", np.c_[pixels, pixels[:, 0]], "4 channels, not RGB"),
                ("images/pixels", pixels / 255.0, "/images/pixels is float64"),
                ("images/size", np.array([[40, 48], [-48, 40]], np.int32), "no positive height"),
                ("images/size", np.array([40, 48], np.int32), "/images/size is int32 of shape"),
                ("images/name", np.arange(2), "/images/name is int64"),
                ("images/first_segmentation", np.array([0, 9, 2]), "/images/first_segmentation"),
                ("segmentations/offset", None, "/segmentations/offset is missing")):
            with open("scenes.h5", "rb") as file:
                whole = file.read()
            self.change(name, value)
            self.refuses(text, *self.options)
            with open("scenes.h5", "wb") as file:
                file.write(whole)


if __name__ == "__main__":
    unittest.main()
