#!/usr/bin/env python3
"""Import pretrained weights of AlexNet, SqueezeNet 1.1 or VGG-16 into a checkpoint for a training's
--import.

Reads .npz, PyTorch's state dicts (.pth; PyTorch is not needed, and nothing of the file is run) and
safetensors, in one of two namings: torchvision's (features.0.weight, ...; what DataParallel and
torch.compile put before the names is taken off) or the trunk's own, as Caffe's networks have it
(conv1.weight, conv1.bias, ...; also conv1_w and conv1_b, or Caffe's blobs conv1.0 and conv1.1).
Weights are (out, in / groups, height, width), and must have exactly the shapes of the network:
those of another one are refused, and so are those of a trunk with layers that this one lacks. What
lies beyond the trunk (fully connected layers) is passed over and named, and so is every change:
prefixes of names that were taken off, other precisions than float32.

The checkpoint holds the convolutions under the trunk's names (lib/models/trunks.cpp) as float32
(height, width, in / groups, out), and the pixels that the weights were trained on, as attributes of
/parameters: pixels_space (rgb or bgr), pixels_mean and pixels_deviation (float64 [3]), and as
section [pixels] of /configuration. They are torchvision's or Caffe's, by the naming, where --pixels
or --space, --mean and --deviation do not tell otherwise. For SqueezeNet, whose weights of either
origin come in one naming, they must be told.
"""

import numpy as np

from hdf5_tools import new_file, set_header, string
from pretrained_networks import NETWORKS, Pixels
from script_tools import DataError, check_outputs, option_parser, run
from weight_files import read_weights

# How a layer's arrays may be called after the layer's name.
SUFFIXES = {"weight": (".weight", "_w", "_W", ".0"), "bias": (".bias", "_b", "_B", ".1")}


def sources(layer, kind, torchvision):
    """Names that an array may have."""
    if torchvision:
        return (f"{layer.module}.{kind}",)
    return tuple(name + suffix for name in layer.names for suffix in SUFFIXES[kind])


def uses_torchvision_names(state, network, path):
    """Whether the arrays have torchvision's names, where the network has some, or the trunk's."""
    def count(torchvision):
        return sum(any(source in state for source in sources(layer, kind, torchvision))
                   for layer in NETWORKS[network].layers for kind in layer.shapes)

    known = NETWORKS[network].layers[0].module is not None
    there, own = count(True) if known else 0, count(False)
    if there and own:
        raise DataError(f"{path}: has arrays of torchvision's names and of the trunk's; which are "
                        f"those of {network}?")
    if not there and not own:
        raise DataError(f"{path}: has no array of {network}, only {some(state)}")
    return there > 0


def some(names):
    """The first few of the names."""
    names = list(names)
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def real_weights(value, where):
    """The array as float32, where it is real and finite."""
    if value.dtype.kind != "f":
        raise DataError(f"{where} is of type {value.dtype}, not floating point; are the weights "
                        "quantized?")
    with np.errstate(over="ignore"):
        result = value.astype(np.float32)
    if not np.isfinite(result).all():
        raise DataError(f"{where} has values that are not finite in single precision")
    return result


def kept_layers(state, network, torchvision):
    """Layers of the network without a classifier of which the file has nothing."""
    return [layer for layer in NETWORKS[network].layers if not layer.classifies or any(
        source in state for kind in layer.shapes for source in sources(layer, kind, torchvision))]


def convert(state, network, path):
    """Parameters by the trunk's names, channels last; what there is to tell of it, a list of texts;
    whether the naming is torchvision's."""
    torchvision = uses_torchvision_names(state, network, path)
    layers = kept_layers(state, network, torchvision)
    parameters, used, missing, kinds = {}, set(), [], set()
    for layer in layers:
        for kind, shape in layer.shapes.items():
            names = sources(layer, kind, torchvision)
            found = [name for name in names if name in state]
            if not found:
                missing.append(names[0])
                continue
            if len(found) > 1:
                raise DataError(f"{path}: has both '{found[0]}' and '{found[1]}'")
            where = f"{path}: '{found[0]}'"
            value = state[found[0]]
            if value.shape != shape:
                grouped = f" in {layer.groups} groups" if layer.groups > 1 else ""
                raise DataError(f"{where} is {value.shape}, but {layer.name} of {network} has "
                                f"{shape}{grouped}: weights of another network")
            kinds.add(value.dtype.name)
            value = real_weights(value, where)
            parameters[f"{layer.name}.{kind}"] = (
                value.transpose(2, 3, 1, 0) if kind == "weight" else value)
            used.add(found[0])
    if missing:
        raise DataError(f"{path}: lacks {some(missing)} of {network}")
    unused = sorted(set(state) - used)
    strange = [name for name in unused
               if name.startswith("features." if torchvision else ("conv", "fire"))]
    if strange:
        raise DataError(f"{path}: has {some(strange)}, which {network} lacks: weights of another "
                        "network")
    told = [f"without {layer.name}" for layer in NETWORKS[network].layers if layer not in layers]
    if kinds - {"float32"}:
        told.append(f"converted to float32 from {some(sorted(kinds - {'float32'}))}")
    if unused:
        told.append(f"passed over: {some(unused)}")
    return parameters, told, torchvision


def three(values, option):
    """Three finite numbers of an option 'a,b,c'."""
    try:
        numbers = tuple(float(value) for value in values.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != 3 or not np.isfinite(numbers).all():
        raise DataError(f"{option} takes three numbers, a,b,c, not '{values}'")
    return numbers


def told_pixels(arguments):
    """The pixels that the options tell, or None."""
    given = [value for value in (arguments.space, arguments.mean, arguments.deviation)
             if value is not None]
    if arguments.pixels is not None:
        if given:
            raise DataError("give either --pixels or --space, --mean and --deviation")
        entry = NETWORKS[arguments.network]
        pixels = entry.torchvision_pixels if arguments.pixels == "torchvision" else (
            entry.caffe_pixels)
        if pixels is None:
            raise DataError(f"--pixels {arguments.pixels}: no such weights of {arguments.network} "
                            "are known; tell --space, --mean and --deviation")
        return pixels
    if not given:
        return None
    if len(given) < 3:
        raise DataError("--space, --mean and --deviation belong together")
    deviation = three(arguments.deviation, "--deviation")
    if 0 in deviation:
        raise DataError("--deviation must not be zero")
    return Pixels(arguments.space, three(arguments.mean, "--mean"), deviation)


def known_pixels(network, torchvision, path):
    """The pixels of a network's published weights."""
    entry = NETWORKS[network]
    if torchvision and entry.one_naming:
        raise DataError(
            f"{path}: weights of {network} in this naming were trained on pixels of "
            f"{entry.torchvision_pixels} (torchvision) or of {entry.caffe_pixels} (Caffe); tell "
            "which by --pixels torchvision or --pixels caffe")
    pixels = entry.torchvision_pixels if torchvision else entry.caffe_pixels
    if pixels is None:
        raise DataError(f"{path}: which pixels weights of {network} in this naming were trained on "
                        "is not known; tell --space, --mean and --deviation")
    return pixels


def write_checkpoint(path, parameters, network, pixels):
    configuration = (f'# imported\n[pixels]\nspace = "{pixels.space}"\n'
                     f"mean = {list(pixels.mean)}\ndeviation = {list(pixels.deviation)}\n"
                     "position = false\n")
    with new_file(path) as file:
        set_header(file, "eigenprop-checkpoint", commit="imported", step=np.int64(0))
        file["model"] = string(network)
        file["configuration"] = string(configuration)
        for name, value in parameters.items():
            file[f"parameters/{name}"] = np.ascontiguousarray(value)
        attributes = file["parameters"].attrs
        attributes["pixels_space"] = np.bytes_(pixels.space)
        attributes["pixels_mean"] = np.array(pixels.mean)
        attributes["pixels_deviation"] = np.array(pixels.deviation)


def main():
    parser = option_parser(__doc__)
    parser.add_argument("weights", help=".npz, state dict (.pth) or .safetensors")
    parser.add_argument("--network", choices=sorted(NETWORKS), required=True)
    parser.add_argument("--output", required=True, help="checkpoint to write")
    parser.add_argument("--pixels", choices=("torchvision", "caffe"),
                        help="those of the network's published weights of this origin")
    parser.add_argument("--space", choices=("rgb", "bgr"), help="order of the input's colours")
    parser.add_argument("--mean", metavar="A,B,C", help="means of the input, in this order")
    parser.add_argument("--deviation", metavar="A,B,C", help="what the input is divided by")
    arguments = parser.parse_args()
    check_outputs([arguments.output], [arguments.weights])
    pixels = told_pixels(arguments)
    arrays, prefixes = read_weights(arguments.weights)
    parameters, told, torchvision = convert(arrays, arguments.network, arguments.weights)
    pixels = pixels or known_pixels(arguments.network, torchvision, arguments.weights)
    write_checkpoint(arguments.output, parameters, arguments.network, pixels)
    if NETWORKS[arguments.network].remark:
        told.append(NETWORKS[arguments.network].remark)
    if prefixes:
        told.append(f"taken off names: {' '.join(prefixes)}")
    print("; ".join([f"{arguments.output}: {len(parameters)} parameters of {arguments.network}",
                     f"pixels: {pixels}", *told]))


if __name__ == "__main__":
    run(main)
