"""Networks that pretrained weights are imported for: the table behind import_weights.py.

To add a network: its convolutions in their order, named as its trunk names them (lib/models/
trunks.cpp), and where to find each in a state dict of torchvision, or that there is none.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Convolution:
    """A layer of the trunk; `module` is its name in torchvision's network, if it has one, `caffe`
    that in Caffe's, if it is another than the trunk's. `classifies`: lies behind the trunk's
    convolutional part, which files may hold alone."""

    name: str
    module: str
    outputs: int
    inputs: int
    kernel: int
    groups: int = 1
    caffe: str = None
    classifies: bool = False

    @property
    def names(self):
        """Of the layer in the trunk's naming."""
        return (self.name,) if self.caffe is None else (self.name, self.caffe)

    @property
    def shapes(self):
        """Of the arrays (out, in / groups, height, width) and (out,), by kind."""
        return {"weight": (self.outputs, self.inputs // self.groups, self.kernel, self.kernel),
                "bias": (self.outputs,)}


@dataclasses.dataclass(frozen=True)
class Pixels:
    """What the weights were trained on: (value - mean) / deviation, values 0 ... 255 in the order
    of `space`; the settings [pixels] of a training."""

    space: str
    mean: tuple
    deviation: tuple

    def __str__(self):
        return f"{self.space}, mean {list(self.mean)}, deviation {list(self.deviation)}"


@dataclasses.dataclass(frozen=True)
class Network:
    """Convolutions, and the pixels of torchvision's weights and of those that Caffe's authors
    trained, None where no such weights are known. The former come in torchvision's naming, the
    latter in the trunk's; where `one_naming`, those of Caffe are spread in torchvision's as well,
    which tells nothing of the pixels then. `remark`: what who imports should know."""

    layers: tuple
    torchvision_pixels: Pixels = None
    caffe_pixels: Pixels = None
    one_naming: bool = False
    remark: str = None


TORCHVISION = Pixels("rgb", (123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
BVLC = Pixels("bgr", (104.0, 117.0, 123.0), (1.0, 1.0, 1.0))
VGG = Pixels("bgr", (103.939, 116.779, 123.68), (1.0, 1.0, 1.0))


ORIGINAL_ALEXNET = (
    Convolution("conv1", None, 96, 3, 11),
    Convolution("conv2", None, 256, 96, 5, groups=2),
    Convolution("conv3", None, 384, 256, 3),
    Convolution("conv4", None, 384, 384, 3, groups=2),
    Convolution("conv5", None, 256, 384, 3, groups=2))


def _vgg16():
    layers, module, inputs = [], 0, 3
    for block, (width, depth) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1):
        for number in range(1, depth + 1):
            layers.append(Convolution(f"conv{block}_{number}", f"features.{module}", width, inputs,
                                      3))
            module, inputs = module + 2, width  # a ReLU follows
        module += 1  # a pooling
    return tuple(layers)


def _fire(number, module, inputs, squeezed, expanded):
    """The three convolutions of a fire module of SqueezeNet."""
    parts = (("squeeze1x1", "squeeze", squeezed, inputs, 1),
             ("expand1x1", "expand1x1", expanded, squeezed, 1),
             ("expand3x3", "expand3x3", expanded, squeezed, 3))
    return tuple(Convolution(f"fire{number}_{part}", f"features.{module}.{name}", *extents,
                             caffe=f"fire{number}/{part}") for part, name, *extents in parts)


def _squeezenet():
    layers, inputs = [Convolution("conv1", "features.0", 64, 3, 3)], 64
    for number, (module, squeezed, expanded) in enumerate(
            ((3, 16, 64), (4, 16, 64), (6, 32, 128), (7, 32, 128), (9, 48, 192), (10, 48, 192),
             (11, 64, 256), (12, 64, 256)), 2):
        layers += _fire(number, module, inputs, squeezed, expanded)
        inputs = 2 * expanded
    return (*layers, Convolution("conv10", "classifier.1", 1000, inputs, 1, classifies=True))


NETWORKS = {
    "alexnet": Network(
        (Convolution("conv1", "features.0", 64, 3, 11),
         Convolution("conv2", "features.3", 192, 64, 5),
         Convolution("conv3", "features.6", 384, 192, 3),
         Convolution("conv4", "features.8", 256, 384, 3),
         Convolution("conv5", "features.10", 256, 256, 3)),
        torchvision_pixels=TORCHVISION),
    "alexnet2012": Network(
        ORIGINAL_ALEXNET, caffe_pixels=BVLC,
        remark="responses are normalized with k = 2 as in 2012; weights of Caffe (BVLC) were "
               "trained with k = 1: --network alexnet_bvlc"),
    "alexnet_bvlc": Network(ORIGINAL_ALEXNET, caffe_pixels=BVLC),
    "squeezenet": Network(_squeezenet(), torchvision_pixels=TORCHVISION, caffe_pixels=BVLC,
                          one_naming=True),
    "vgg16": Network(_vgg16(), torchvision_pixels=TORCHVISION, caffe_pixels=VGG),
}
