"""Mutated inputs of fixed seeds: scripts succeed, or say one line, without a traceback.

The number of mutations of each kind is the first argument (100).
"""

import contextlib
import copy
import io
import json
import sys
import unittest
import warnings

import h5py
import numpy as np
import scipy.io
from PIL import Image

from scripts import ScriptTest
from test_import_weights import save_safetensors, save_torch

from hdf5_tools import set_header
from images import read_image
from mat_files import read_mat, whole_numbers
from numpy_files import read_npz
from script_tools import DataError
from weight_files import read_weights

COUNT = 100
VALUES = [None, True, -1, 0, 3, 2**70, 0.5, float("nan"), "", "3", "é\0", [], [3], [[]], {},
          {"a": 1}]


def mutated_bytes(content, generator):
    """Bytes changed, cut out, doubled or cut off."""
    data = bytearray(content)
    kind = generator.integers(5)
    place = int(generator.integers(len(data)))
    length = int(generator.integers(1, 40))
    if kind == 0:
        del data[place:]
    elif kind == 1:
        del data[place:place + length]
    elif kind == 2:
        data[place:place] = data[place:place + length]
    else:
        for at in generator.integers(len(data), size=int(generator.integers(1, 8))):
            data[at] = generator.integers(256)
    return bytes(data)


def mutated_tree(tree, generator):
    """A JSON tree with one entry of it replaced, removed or doubled."""
    tree = copy.deepcopy(tree)
    places = []

    def visit(node):
        for key in node if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], (dict, list)):
                visit(node[key])

    visit(tree)
    node, key = places[generator.integers(len(places))]
    kind = generator.integers(6)
    if kind == 0:
        del node[key]
    elif kind == 1 and isinstance(node, list):
        node.append(copy.deepcopy(node[key]))
    else:
        node[key] = copy.deepcopy(VALUES[generator.integers(len(VALUES))])
    return tree


class Mutations(ScriptTest):
    def reads(self, path, read):
        """`read` takes the mutated file or raises DataError, over all mutations."""
        with open(path, "rb") as file:
            content = file.read()
        generator = np.random.default_rng(8)
        refused = 0
        for number in range(COUNT):
            with open(path, "wb") as file:
                file.write(mutated_bytes(content, generator))
            with self.subTest(path=path, mutation=number), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    read(path)
                except DataError as error:
                    refused += 1
                    self.assertIn(path, str(error))
        self.assertGreater(refused, 0)

    def test_images(self):
        noise = np.random.default_rng(1).integers(0, 256, (9, 12, 4), np.uint8)
        for name, image in (("rgba.png", noise), ("deep.png", noise[..., 0].astype(np.uint16)),
                            ("rgb.jpg", noise[..., :3].copy()), ("rgb.tif", noise[..., :3].copy()),
                            ("grey.gif", noise[..., 0].copy())):
            exif = Image.Exif()
            exif[0x0112] = 6
            Image.fromarray(image).save(name, exif=exif)
            self.reads(name, read_image)

    def test_mat_files(self):
        entry = np.empty((1, 1), [("Segmentation", object)])
        entry[0, 0] = (np.ones((4, 5), np.uint16),)
        cells = np.empty((1, 1), object)
        cells[0, 0] = entry
        scipy.io.savemat("plain.mat", {"X": np.arange(12.0), "groundTruth": cells})
        scipy.io.savemat("packed.mat", {"X": np.arange(12.0)}, do_compression=True)
        with h5py.File("hdf5.mat", "w", userblock_size=512) as file:
            file["X"] = np.arange(12.0).reshape(3, 4)
            file.create_group("s")["Segmentation"] = np.ones((4, 5))
            refs = np.array([[file["s"].ref]], h5py.ref_dtype)
            file.create_dataset("groundTruth", data=refs, dtype=h5py.ref_dtype)

        def read(path):
            found = read_mat(path, ("X", "groundTruth"))
            if "X" not in found:
                raise DataError(f"{path}: no X")
            whole_numbers(found["X"], f"{path}: X")

        for name in ("plain.mat", "packed.mat", "hdf5.mat"):
            self.reads(name, read)

    def test_arrays_and_weights(self):
        state = {"features.0.weight": np.ones((4, 3, 2, 2), np.float32),
                 "features.0.bias": np.arange(4, dtype=np.float32)}
        np.savez("w.npz", **state)
        np.savez_compressed("c.npz", **state)
        save_safetensors("w.safetensors", state)
        save_torch("w.pth", {"state_dict": state, "epoch": 3})
        save_torch("legacy.pth", {"state_dict": state, "epoch": 3}, legacy=True)
        for name in ("w.npz", "c.npz"):
            self.reads(name, read_npz)
        for name in ("w.npz", "w.safetensors", "w.pth", "legacy.pth"):
            self.reads(name, read_weights)

    def mutated_runs(self, script, files, options):
        """Runs the script on mutated files; either it succeeds, or it says one line."""
        generator = np.random.default_rng(9)
        for path in files:
            with open(path, "rb") as file:
                content = file.read()
            for number in range(COUNT // 5):
                with open(path, "wb") as file:
                    file.write(mutated_bytes(content, generator))
                with self.subTest(path=path, mutation=number):
                    status, _, wrong = self.run_script(*options, script=script)
                    self.assertIn(status, (0, 1))
                    self.assertEqual(len(wrong.splitlines()), status, wrong)
            with open(path, "wb") as file:
                file.write(content)

    def test_packed_images(self):
        with contextlib.redirect_stdout(io.StringIO()):
            self.succeeds("--count", 2, "--height", 32, "--width", 32, "--output", "scenes.h5",
                          script="make_scenes.py")
        self.mutated_runs("pack_patches.py", ["scenes.h5"],
                          ("--data", "scenes.h5", "--count", 20, "--size", 4, "--output", "p.h5"))

    def test_run_files(self):
        with h5py.File("run.h5", "w") as file:
            set_header(file, "eigenprop-run")
            for name in ("epoch", "objective", "rank_w", "rank_e", "bound_holds", "learning_rate",
                         "gradient_norm"):
                file[f"metrics/train/{name}"] = np.arange(1.0, 5)
        self.mutated_runs("plot_training.py", ["run.h5"], ("run.h5", "--output", "f.png"))

    def test_annotations(self):
        Image.new("RGB", (30, 20)).save("one.png")
        square = [2, 2, 12, 2, 12, 12, 2, 12]
        runs = {"size": [20, 30], "counts": [45, 8, 547]}
        annotations = [{"id": i, "image_id": 1, "category_id": 7, "bbox": [1, 1, 15, 15],
                        "iscrowd": 0, "segmentation": part}
                       for i, part in enumerate(([square], runs, [square, square]))]
        content = {"images": [{"id": 1, "file_name": "one.png", "width": 30, "height": 20}],
                   "categories": [{"id": 7, "name": "dog"}], "annotations": annotations}
        generator = np.random.default_rng(10)
        ended = set()
        for number in range(2 * COUNT):
            with open("instances.json", "w") as file:
                json.dump(mutated_tree(content, generator), file)
            with self.subTest(mutation=number):
                status, _, wrong = self.run_script(
                    "--annotations", "instances.json", "--images", ".", "--output", "p.h5",
                    "--longest", 20, "--side", 24, script="pack_coco.py")
                ended.add(status)
                self.assertEqual(len(wrong.splitlines()), status, wrong)
        self.assertEqual(ended, {0, 1})


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        COUNT = int(sys.argv.pop(1))
    unittest.main()
