"""import_weights.py: every format and naming gives the same checkpoint, and what it refuses."""

import importlib.util
import io
import json
import os
import pickle
import sys
import types
import unittest
import unittest.mock
import zipfile

import h5py
import numpy as np

from scripts import ScriptTest

ALEXNET = {0: (64, 3, 11), 3: (192, 64, 5), 6: (384, 192, 3), 8: (256, 384, 3), 10: (256, 256, 3)}
ALEXNET2012 = {1: (96, 3, 11), 2: (256, 48, 5), 3: (384, 256, 3), 4: (384, 192, 3),
               5: (256, 192, 3)}
# Fire modules: number, module of torchvision, inputs, squeezed maps, expanded maps of each kind.
FIRES = ((2, 3, 64, 16, 64), (3, 4, 128, 16, 64), (4, 6, 128, 32, 128), (5, 7, 256, 32, 128),
         (6, 9, 256, 48, 192), (7, 10, 384, 48, 192), (8, 11, 384, 64, 256), (9, 12, 512, 64, 256))
HAS_TORCH = importlib.util.find_spec("torch") is not None


def network(layers, pattern):
    """Random weights that half precision holds exactly, and bfloat16 too."""
    generator = np.random.default_rng(6)
    state = {}
    for number, (outputs, inputs, kernel) in layers.items():
        for kind, shape in (("weight", (outputs, inputs, kernel, kernel)), ("bias", (outputs,))):
            values = generator.integers(-127, 128, shape) / np.float32(128)
            state[pattern.format(number, kind)] = values.astype(np.float32)
    return state


def squeezenet(torchvision, first, fire, last):
    """Random weights of SqueezeNet 1.1; first, fire, last: how its arrays are called."""
    generator = np.random.default_rng(7)
    shapes = {first: (64, 3, 3, 3), last: (1000, 512, 1, 1)}
    for number, module, inputs, squeezed, expanded in FIRES:
        for part, shape in (("squeeze1x1", (squeezed, inputs, 1, 1)),
                            ("expand1x1", (expanded, squeezed, 1, 1)),
                            ("expand3x3", (expanded, squeezed, 3, 3))):
            name = part.replace("squeeze1x1", "squeeze") if torchvision else part
            shapes[fire.format(module if torchvision else number, name)] = shape
    state = {}
    for name, shape in shapes.items():
        state[f"{name}.weight"] = generator.normal(size=shape).astype(np.float32)
        state[f"{name}.bias"] = generator.normal(size=shape[0]).astype(np.float32)
    return state


def save_safetensors(path, state, bfloat16=False):
    """As the format's documentation has it: length, JSON, numbers."""
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, values in state.items():
        kind = {"f2": "F16", "f4": "F32", "f8": "F64"}[values.dtype.str[1:]]
        raw = values.tobytes()
        if bfloat16:
            kind, raw = "BF16", (values.view(np.uint32) >> 16).astype(np.uint16).tobytes()
        header[name] = {"dtype": kind, "shape": values.shape,
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + data)


class TorchPickler(pickle.Pickler):
    """Writes arrays as torch.save does, for tests without PyTorch."""

    def __init__(self, file, torch, storages):
        super().__init__(file, 2)
        self.torch, self.storages = torch, storages

    def persistent_id(self, value):
        if isinstance(value, tuple) and value[:1] == ("a storage",):
            return ("storage", self.torch.FloatStorage, value[1], "cpu", value[2])
        return None

    def reducer_override(self, value):
        if not isinstance(value, np.ndarray):
            return NotImplemented
        key = str(len(self.storages))
        self.storages[key] = value
        strides = tuple(step // value.itemsize for step in value.strides)
        return self.torch._utils._rebuild_tensor_v2, (
            ("a storage", key, value.size), 0, value.shape, strides, False, {})


def torch_module():
    """What pickles of torch.save name."""
    torch = types.ModuleType("torch")
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})
    torch._utils = types.ModuleType("torch._utils")
    exec("def _rebuild_tensor_v2(): pass", torch._utils.__dict__)
    torch._utils._rebuild_tensor_v2.__module__ = "torch._utils"
    return torch


def save_torch(path, content, legacy=False):
    torch, storages, file = torch_module(), {}, io.BytesIO()
    with unittest.mock.patch.dict(sys.modules, {"torch": torch, "torch._utils": torch._utils}):
        if legacy:
            for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
                pickle.dump(value, file, 2)
        TorchPickler(file, torch, storages).dump(content)
    if legacy:
        pickle.dump(list(storages), file, 2)
        for values in storages.values():
            file.write(values.size.to_bytes(8, "little") + values.tobytes())
        with open(path, "wb") as target:
            target.write(file.getvalue())
        return
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", file.getvalue())
        for key, values in storages.items():
            archive.writestr(f"archive/data/{key}", values.tobytes())


class Marker:
    """Leaves a file behind where its pickle is run."""

    def __reduce__(self):
        return os.mkdir, ("was_run",)


class ImportWeights(ScriptTest):
    script = "import_weights.py"

    def setUp(self):
        super().setUp()
        self.state = network(ALEXNET, "features.{}.{}")

    def imported(self, path, *more, name="alexnet"):
        said = self.succeeds(path, "--network", name, "--output", "out.h5", *more)
        with h5py.File("out.h5") as file:
            attributes = dict(file["parameters"].attrs)
            self.configuration = file["configuration"][()].decode()
            return {name: file["parameters"][name][:] for name in file["parameters"]}, \
                attributes, said

    def check(self, path, *more):
        parameters, attributes, said = self.imported(path, *more)
        self.assertEqual(len(parameters), 10)
        for layer, number in enumerate(ALEXNET, 1):
            for kind in ("weight", "bias"):
                expected = self.state[f"features.{number}.{kind}"]
                found = parameters[f"conv{layer}.{kind}"]
                self.assertEqual(found.dtype, np.float32)
                # (height, width, in, out) from (out, in, height, width)
                expected = np.moveaxis(expected, (0, 1), (3, 2)) if kind == "weight" else expected
                np.testing.assert_array_equal(found, expected)
        return attributes, said

    def test_npz(self):
        np.savez("w.npz", **self.state, **{"classifier.1.weight": np.ones((2, 2))})
        attributes, said = self.check("w.npz")
        self.assertIn("passed over: classifier.1.weight", said)
        self.assertEqual(attributes["pixels_space"], b"rgb")
        self.assertEqual(attributes["pixels_mean"].tolist(), [123.675, 116.28, 103.53])
        self.assertEqual(attributes["pixels_deviation"].tolist(), [58.395, 57.12, 57.375])
        for kind in (np.float16, np.float64):
            np.savez("w.npz", **{name: value.astype(kind) for name, value in self.state.items()})
            self.check("w.npz")

    def test_pixels_told(self):
        np.savez("w.npz", **self.state)
        attributes, _ = self.check("w.npz", "--space", "bgr", "--mean", "104,117,123",
                                   "--deviation", "1,1,1")
        self.assertEqual(attributes["pixels_space"], b"bgr")
        self.assertEqual(attributes["pixels_mean"].tolist(), [104, 117, 123])
        self.assertIn('[pixels]\nspace = "bgr"\nmean = [104.0, 117.0, 123.0]', self.configuration)
        options = ("w.npz", "--network", "alexnet", "--output", "other.h5")
        self.refuses("belong together", *options, "--mean", "1,2,3")
        three = ("--space", "rgb", "--mean", "1,2,3")
        self.refuses("--deviation must not be zero", *options, *three, "--deviation", "1,0,1")
        self.refuses("--deviation takes three numbers", *options, *three, "--deviation", "1,2")
        self.refuses("--deviation takes three", *options, *three, "--deviation", "1,nan,1")

    def test_safetensors(self):
        save_safetensors("w.safetensors", self.state)
        self.check("w.safetensors")
        save_safetensors("w.safetensors", self.state, bfloat16=True)
        self.check("w.safetensors")
        # A length that looks like the beginning of a web page.
        save_safetensors("w.safetensors", self.state)
        with open("w.safetensors", "rb") as file:
            content = file.read()
        length = int.from_bytes(content[:8], "little")
        padding = (ord("<") - length) % 256
        with open("w.safetensors", "wb") as file:
            file.write((length + padding).to_bytes(8, "little") + content[8:8 + length]
                       + b" " * padding + content[8 + length:])
        self.check("w.safetensors")

    def test_state_dicts(self):
        for legacy in (False, True):
            save_torch("w.pth", self.state, legacy)
            self.check("w.pth")
        # Another suffix changes nothing.
        os.rename("w.pth", "w.npz")
        self.check("w.npz")

    def test_wrapped_state_dicts(self):
        for prefix in ("module.", "_orig_mod.", "module.model."):
            save_torch("w.pth", {prefix + name: value for name, value in self.state.items()})
            self.check("w.pth")
        inner = {name.replace("features.", "features.module."): value
                 for name, value in self.state.items()}
        for key in ("state_dict", "model_state_dict", "model"):
            save_torch("w.pth", {"epoch": 3, key: inner, "optimizer": {"state": {}}})
            self.check("w.pth")
        save_torch("w.pth", inner | {"features.0.bias": self.state["features.0.bias"]})
        self.refuses("'features.0.bias' is there twice", "w.pth", "--network", "alexnet",
                     "--output", "other.h5")

    def test_nothing_of_a_pickle_is_run(self):
        save_torch("w.pth", {"state_dict": self.state, "arguments": Marker()})
        self.check("w.pth")
        save_torch("w.pth", Marker())
        self.refuses("w.pth: holds a whole posix.mkdir", "w.pth", "--network", "alexnet",
                     "--output", "other.h5")
        self.assertFalse(os.path.exists("was_run"))

    @unittest.skipUnless(HAS_TORCH, "no PyTorch here")
    def test_pytorch_itself(self):
        import torch
        state = {name: torch.from_numpy(value) for name, value in self.state.items()}
        # A view with an offset and strides, and a parameter.
        state["features.3.bias"] = torch.from_numpy(
            np.stack([np.zeros(192), self.state["features.3.bias"]], 1).astype(np.float32))[:, 1]
        state["features.6.weight"] = torch.nn.Parameter(state["features.6.weight"])
        for zipped in (True, False):
            torch.save(state, "w.pth", _use_new_zipfile_serialization=zipped)
            self.check("w.pth")
            for kind in (torch.bfloat16, torch.float16, torch.float64):
                torch.save({"state_dict": {name: value.to(kind) for name, value in state.items()}},
                           "w.pth", _use_new_zipfile_serialization=zipped)
                self.check("w.pth")
        torch.save(torch.nn.Linear(2, 2), "w.pth")
        self.refuses("holds a whole torch.nn.modules.linear.Linear; save its state_dict()",
                     "w.pth", "--network", "alexnet", "--output", "other.h5")

    def test_caffe_names_and_groups(self):
        for pattern in ("conv{}.{}", "conv{}_{}"):
            state = network(ALEXNET2012, pattern)
            expected = np.moveaxis(state[pattern.format(2, "weight")], (0, 1), (3, 2))
            np.savez("w.npz", **{name.replace("_weight", "_w").replace("_bias", "_b"): value
                                 for name, value in state.items()})
            parameters, attributes, _ = self.imported("w.npz", name="alexnet2012")
            self.assertEqual(parameters["conv2.weight"].shape, (5, 5, 48, 256))
            np.testing.assert_array_equal(parameters["conv2.weight"], expected)
            self.assertEqual(attributes["pixels_space"], b"bgr")
            self.assertEqual(attributes["pixels_mean"].tolist(), [104, 117, 123])
            self.assertEqual(attributes["pixels_deviation"].tolist(), [1, 1, 1])
            np.testing.assert_array_equal(
                self.imported("w.npz", name="alexnet_bvlc")[0]["conv2.weight"], expected)

    def test_the_two_networks_of_2012(self):
        np.savez("w.npz", **network(ALEXNET2012, "conv{}.{}"))
        _, _, said = self.imported("w.npz", name="alexnet2012")
        self.assertIn("with k = 1: --network alexnet_bvlc", said)
        _, _, said = self.imported("w.npz", name="alexnet_bvlc")
        self.assertNotIn("k = 1", said)

    def test_squeezenet(self):
        caffe = ("--pixels", "caffe")
        namings = ((squeezenet(True, "features.0", "features.{}.{}", "classifier.1"), caffe),
                   (squeezenet(False, "conv1", "fire{}/{}", "conv10"), ()),
                   (squeezenet(False, "conv1", "fire{}_{}", "conv10"), ()))
        found = []
        for state, pixels in namings:
            np.savez("w.npz", **state)
            parameters, attributes, said = self.imported("w.npz", *pixels, name="squeezenet")
            self.assertEqual(len(parameters), 52)
            self.assertIn("52 parameters of squeezenet", said)
            self.assertEqual(attributes["pixels_space"], b"bgr")
            self.assertEqual(attributes["pixels_mean"].tolist(), [104, 117, 123])
            found.append(parameters)
        state = namings[0][0]
        for name, source in (("conv1", "features.0"), ("fire2_squeeze1x1", "features.3.squeeze"),
                             ("fire6_expand1x1", "features.9.expand1x1"),
                             ("fire9_expand3x3", "features.12.expand3x3"),
                             ("conv10", "classifier.1")):
            np.testing.assert_array_equal(found[0][f"{name}.weight"],
                                          state[f"{source}.weight"].transpose(2, 3, 1, 0))
            np.testing.assert_array_equal(found[0][f"{name}.bias"], state[f"{source}.bias"])
        for name in found[0]:
            for other in found[1:]:
                np.testing.assert_array_equal(found[0][name], other[name])

        np.savez("w.npz", **state)
        options = ("w.npz", "--network", "squeezenet", "--output", "other.h5")
        self.refuses("w.npz: weights of squeezenet in this naming were trained on pixels of rgb, "
                     "mean [123.675, 116.28, 103.53], deviation [58.395, 57.12, 57.375] "
                     "(torchvision) or of bgr, mean [104.0, 117.0, 123.0], deviation [1.0, 1.0, "
                     "1.0] (Caffe); tell which by --pixels torchvision or --pixels caffe", *options)
        _, attributes, _ = self.imported("w.npz", "--pixels", "torchvision", name="squeezenet")
        self.assertEqual(attributes["pixels_space"], b"rgb")
        self.refuses("give either --pixels or --space, --mean and --deviation", *options, *caffe,
                     "--space", "rgb")
        del state["classifier.1.weight"]
        np.savez("w.npz", **state)
        self.refuses("lacks classifier.1.weight of squeezenet", *options, *caffe)
        del state["classifier.1.bias"]
        np.savez("w.npz", **state)
        parameters, _, said = self.imported("w.npz", *caffe, name="squeezenet")
        self.assertEqual(len(parameters), 50)
        self.assertIn("; without conv10", said)
        state["features.3.expand3x3.weight"] = np.ones((64, 16, 1, 1), np.float32)
        np.savez("w.npz", **state)
        self.refuses("'features.3.expand3x3.weight' is (64, 16, 1, 1), but fire2_expand3x3 of "
                     "squeezenet has (64, 16, 3, 3): weights of another network", *options, *caffe)
        self.refuses("--pixels caffe: no such weights of alexnet are known", "w.npz", "--network",
                     "alexnet", "--output", "other.h5", *caffe)

    def test_changes_are_told(self):
        np.savez("w.npz", **self.state)
        _, said = self.check("w.npz")
        self.assertNotIn("converted", said)
        self.assertNotIn("taken off", said)
        for kind in (np.float16, np.float64):
            np.savez("w.npz", **{name: value.astype(kind if name.endswith("bias") else np.float32)
                                 for name, value in self.state.items()})
            _, said = self.check("w.npz")
            self.assertIn(f"; converted to float32 from {np.dtype(kind).name}", said)
        save_torch("w.pth", {"module.model." + name.replace("features.", "features.module."): value
                             for name, value in self.state.items()})
        _, said = self.check("w.pth")
        self.assertIn("; taken off names: module. model. features.module.", said)

    def test_another_network(self):
        def refuse(text, state, name="alexnet"):
            np.savez("w.npz", **state)
            self.refuses(text, "w.npz", "--network", name, "--output", "other.h5")

        small = dict(self.state)
        small["features.0.weight"] = np.ones((64, 3, 3, 3), np.float32)
        refuse("'features.0.weight' is (64, 3, 3, 3), but conv1 of alexnet has (64, 3, 11, 11): "
               "weights of another network", small)
        grouped = network(ALEXNET2012 | {2: (256, 96, 5)}, "conv{}.{}")
        refuse("conv2 of alexnet2012 has (256, 48, 5, 5) in 2 groups", grouped, "alexnet2012")
        transposed = {name: value.T for name, value in self.state.items()}
        refuse("weights of another network", transposed)
        missing = dict(self.state)
        del missing["features.3.weight"], missing["features.10.bias"]
        refuse("lacks features.3.weight, features.10.bias of alexnet", missing)
        more = self.state | {"features.12.weight": np.ones(3, np.float32)}
        refuse("has features.12.weight, which alexnet lacks", more)
        both = self.state | {"conv1.weight": self.state["features.0.weight"]}
        refuse("has arrays of torchvision's names and of the trunk's", both)
        refuse("has no array of vgg16, only w", {"w": np.ones(3)}, "vgg16")
        own = network({i: shape for i, shape in enumerate(ALEXNET.values(), 1)}, "conv{}.{}")
        refuse("is not known; tell --space, --mean and --deviation", own)
        twice = network(ALEXNET2012, "conv{}.{}")
        refuse("has both 'conv1.bias' and 'conv1_b'", twice | {"conv1_b": twice["conv1.bias"]},
               "alexnet2012")

    def test_values(self):
        for value, text in ((np.nan, "not finite"), (np.inf, "not finite"), (1e39, "not finite")):
            state = {name: array.astype(float) for name, array in self.state.items()}
            state["features.8.weight"][5, 6, 1, 1] = value
            np.savez("w.npz", **state)
            self.refuses(f"'features.8.weight' has values that are {text}", "w.npz", "--network",
                         "alexnet", "--output", "other.h5")
        for kind in (np.int8, np.complex64):
            np.savez("w.npz", **{name: array.astype(kind) for name, array in self.state.items()})
            self.refuses("not floating point", "w.npz", "--network", "alexnet", "--output",
                         "other.h5")

    def test_foreign_and_broken_files(self):
        save_torch("whole.pth", self.state)
        save_torch("legacy.pth", self.state, legacy=True)
        save_safetensors("whole.safetensors", self.state)
        np.savez("whole.npz", **self.state)
        whole = {}
        for name in ("whole.pth", "legacy.pth", "whole.safetensors", "whole.npz"):
            with open(name, "rb") as file:
                whole[name] = file.read()
        broken = bytearray(whole["whole.npz"])
        broken[5000] ^= 255
        contents = [(b"", "is empty"), (b"<html>no</html>", "perhaps a web page"),
                    (b"version https://git-lfs.github.com/spec/v1", "Git LFS"),
                    (b"\x89HDF\r\n\x1a\n", "is an HDF5 file"), (b"\x1f\x8b\x08", "gzip"),
                    (b"weights", "is none of .npz, .pth, .safetensors"),
                    (pickle.dumps([1, 2]), "is a pickle, but no file of torch.save"),
                    (pickle.dumps(self.state), "is a pickle, but no file of torch.save"),
                    (bytes(broken), "not a readable .npz file"),
                    (whole["whole.npz"][:9000], "truncated archive"),
                    (whole["whole.pth"][:9000], "truncated archive"),
                    (whole["legacy.pth"][:9000], "is truncated"),
                    (whole["legacy.pth"][:100], "not a readable file of torch.save"),
                    (whole["whole.safetensors"][:9000], "the file is truncated"),
                    (whole["whole.safetensors"][:100], "is none of")]
        for content, text in contents:
            with open("w.npz", "wb") as file:
                file.write(content)
            self.refuses(text, "w.npz", "--network", "alexnet", "--output", "other.h5")
        save_torch("w.pth", {"epoch": 3})
        self.refuses("holds no arrays; its entries are epoch", "w.pth", "--network", "alexnet",
                     "--output", "other.h5")
        save_torch("w.pth", [1, 2])
        self.refuses("holds a list, not a state dict", "w.pth", "--network", "alexnet",
                     "--output", "other.h5")
        self.refuses("no such file", "no.npz", "--network", "alexnet", "--output", "other.h5")

    def test_output_is_the_input(self):
        np.savez("w.npz", **self.state)
        os.link("w.npz", "link.npz")
        for output in ("w.npz", "./w.npz", "link.npz"):
            self.refuses("is an input", "w.npz", "--network", "alexnet", "--output", output)


if __name__ == "__main__":
    unittest.main()
