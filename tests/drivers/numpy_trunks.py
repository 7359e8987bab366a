"""SqueezeNet 1.1 and the AlexNet of 2012, also with Caffe's normalization of responses, written out
in NumPy, in double precision: what test_trunks.sh and test_imagenet.sh compare trunks with.

    numpy_trunks.py make FOLDER                    random weights and inputs
    numpy_trunks.py pixels IMAGE FILE              a photograph as the weights of Caffe's SqueezeNet
                                                   take it: 227 x 227, BGR minus the means
    numpy_trunks.py compare WEIGHTS NETWORK CUT INPUT HEIGHT WIDTH FEATURES
    numpy_trunks.py classes FEATURES FIRST LAST COUNT   the COUNT largest scores are of classes
                                                        FIRST to LAST
"""

import sys

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

# Number, module of torchvision, inputs, squeezed maps, expanded maps of each kind.
FIRES = ((2, 3, 64, 16, 64), (3, 4, 128, 16, 64), (4, 6, 128, 32, 128), (5, 7, 256, 32, 128),
         (6, 9, 256, 48, 192), (7, 10, 384, 48, 192), (8, 11, 384, 64, 256), (9, 12, 512, 64, 256))
ALEXNET = ((1, 96, 3, 11), (2, 256, 48, 5), (3, 384, 256, 3), (4, 384, 192, 3), (5, 256, 192, 3))
MEANS = (104, 117, 123)
EXTENTS = (96, 131)
TOLERANCE = 1e-4


def shapes(network):
    """Of all weights, by the names in which the weights are published."""
    if network == "alexnet":
        return {f"conv{n}": (outputs, inputs, k, k) for n, outputs, inputs, k in ALEXNET}
    result = {"features.0": (64, 3, 3, 3), "classifier.1": (1000, 512, 1, 1)}
    for _, module, inputs, squeezed, expanded in FIRES:
        result[f"features.{module}.squeeze"] = (squeezed, inputs, 1, 1)
        result[f"features.{module}.expand1x1"] = (expanded, squeezed, 1, 1)
        result[f"features.{module}.expand3x3"] = (expanded, squeezed, 3, 3)
    return result


def make(folder):
    generator = np.random.default_rng(3)
    for network in ("squeezenet", "alexnet"):
        state = {}
        for name, shape in shapes(network).items():
            deviation = np.sqrt(2 / np.prod(shape[1:]))
            state[f"{name}.weight"] = generator.normal(0, deviation, shape).astype(np.float32)
            state[f"{name}.bias"] = generator.normal(0, 0.1, shape[0]).astype(np.float32)
        np.savez(f"{folder}/{network}.npz", **state)
        # Of the size that pixels minus their means have: the normalization of responses shows.
        image = generator.normal(0, 60, (*EXTENTS, 3)).astype(np.float32)
        image.tofile(f"{folder}/{network}_input.bin")


def pixels(source, target):
    from PIL import Image
    image = Image.open(source).convert("RGB").resize((227, 227), Image.BILINEAR)
    (np.asarray(image, np.float32)[..., ::-1] - np.float32(MEANS)).tofile(target)


def convolution(x, weight, bias, stride=1, pad=0, groups=1):
    """x: (height, width, in); weight: (out, in / groups, k, k)."""
    k = weight.shape[2]
    x = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    windows = sliding_window_view(x, (k, k), (0, 1))[::stride, ::stride]
    parts = zip(np.split(windows, groups, axis=2), np.split(weight, groups))
    return np.concatenate([np.tensordot(part, w, ((2, 3, 4), (1, 2, 3)))
                           for part, w in parts], axis=2) + bias


def relu(x):
    return np.maximum(x, 0)


def pool(x, ceil):
    """Maxima of 3 x 3 windows, two pixels apart; with `ceil` also of those that the border cuts."""
    if ceil:
        # One line more where the last window would leave one out.
        lines = [(0, (side - 3) % 2) for side in x.shape[:2]]
        x = np.pad(x, (*lines, (0, 0)), constant_values=-np.inf)
    return sliding_window_view(x, (3, 3), (0, 1))[::2, ::2].max((3, 4))


def normalized_responses(x, k):
    """Krizhevsky et al., 2012, section 3.3; of α each of the five maps has a fifth."""
    squares = np.pad(x * x, ((0, 0), (0, 0), (2, 2)))
    return x / (k + 1e-4 / 5 * sliding_window_view(squares, 5, 2).sum(3)) ** 0.75


def squeezenet(x, state):
    """Layers by name."""
    def conv(x, name, **more):
        return convolution(x, state[f"{name}.weight"], state[f"{name}.bias"], **more)

    layers = {"conv1": conv(x, "features.0", stride=2)}
    x = pool(relu(layers["conv1"]), True)
    for number, module, *_ in FIRES:
        squeezed = conv(x, f"features.{module}.squeeze")
        layers[f"fire{number}_squeeze1x1"] = squeezed
        squeezed = relu(squeezed)
        x = np.concatenate([relu(conv(squeezed, f"features.{module}.expand1x1")),
                            relu(conv(squeezed, f"features.{module}.expand3x3", pad=1))], axis=2)
        layers[f"fire{number}"] = x
        if number in (3, 5):
            x = layers[f"pool{number}"] = pool(x, True)
    layers["pool10"] = relu(conv(x, "classifier.1")).mean((0, 1))
    return layers


def alexnet(x, state, k):
    def conv(x, name, **more):
        return relu(convolution(x, state[f"{name}.weight"], state[f"{name}.bias"], **more))

    layers = {"relu1": conv(x, "conv1", stride=4, pad=2)}
    layers["norm1"] = normalized_responses(layers["relu1"], k)
    layers["relu2"] = conv(pool(layers["norm1"], False), "conv2", pad=2, groups=2)
    x = conv(pool(normalized_responses(layers["relu2"], k), False), "conv3", pad=1)
    layers["relu5"] = conv(conv(x, "conv4", pad=1, groups=2), "conv5", pad=1, groups=2)
    return layers


def compare(weights, network, cut, source, height, width, features):
    with np.load(weights) as arrays:
        state = {name: arrays[name].astype(float) for name in arrays}
    x = np.fromfile(source, np.float32).reshape(int(height), int(width), 3).astype(float)
    expected = (squeezenet(x, state) if network == "squeezenet" else
                alexnet(x, state, {"alexnet2012": 2, "alexnet_bvlc": 1}[network]))[cut]
    found = np.fromfile(features, np.float32)
    if found.size != expected.size:
        sys.exit(f"{network} {cut}: {found.size} numbers, not those of {expected.shape}")
    difference = np.abs(found.reshape(expected.shape) - expected).max() / np.abs(expected).max()
    print(f"{network} {cut}: {expected.shape}, largest relative difference {difference:.1e}")
    if not difference < TOLERANCE:
        sys.exit(f"{network} {cut} differs from NumPy's")


def classes(features, first, last, count):
    scores = np.fromfile(features, np.float32).astype(float)
    probabilities = np.exp(scores - scores.max())
    probabilities /= probabilities.sum()
    five = np.argsort(-scores)[:5]
    print(", ".join(f"{number} {probabilities[number]:.3f}" for number in five))
    if not all(int(first) <= number <= int(last) for number in five[:int(count)]):
        sys.exit(f"the first {count} of {five} are not all of {first} ... {last}")


if __name__ == "__main__":
    {"make": make, "pixels": pixels, "compare": compare, "classes": classes}[sys.argv[1]](
        *sys.argv[2:])
