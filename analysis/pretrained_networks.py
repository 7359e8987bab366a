"""Networks that pretrained weights are imported for: the table behind import_weights.py.

To add a network: its convolutions in their order, named as its trunk names them (lib/models/
trunks.cpp), and where to find each in a state dict of torchvision, or that there is none.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Convolution:
    """A layer of the trunk; `module` is its name in torchvision's network, if it has one."""

    name: str
    module: str
    outputs: int
    inputs: int
    kernel: int
    groups: int = 1

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
    """Convolutions, and the pixels of weights in the naming of torchvision and of the trunk (as
    Caffe's authors trained them), None where no weights of that naming are known."""

    layers: tuple
    torchvision_pixels: Pixels = None
    caffe_pixels: Pixels = None


TORCHVISION = Pixels("rgb", (123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
BVLC = Pixels("bgr", (104.0, 117.0, 123.0), (1.0, 1.0, 1.0))
VGG = Pixels("bgr", (103.939, 116.779, 123.68), (1.0, 1.0, 1.0))


def _vgg16():
    layers, module, inputs = [], 0, 3
    for block, (width, depth) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1):
        for number in range(1, depth + 1):
            layers.append(Convolution(f"conv{block}_{number}", f"features.{module}", width, inputs,
                                      3))
            module, inputs = module + 2, width  # a ReLU follows
        module += 1  # a pooling
    return tuple(layers)


NETWORKS = {
    "alexnet": Network(
        (Convolution("conv1", "features.0", 64, 3, 11),
         Convolution("conv2", "features.3", 192, 64, 5),
         Convolution("conv3", "features.6", 384, 192, 3),
         Convolution("conv4", "features.8", 256, 384, 3),
         Convolution("conv5", "features.10", 256, 256, 3)),
        torchvision_pixels=TORCHVISION),
    "alexnet2012": Network(
        (Convolution("conv1", None, 96, 3, 11),
         Convolution("conv2", None, 256, 96, 5, groups=2),
         Convolution("conv3", None, 384, 256, 3),
         Convolution("conv4", None, 384, 384, 3, groups=2),
         Convolution("conv5", None, 256, 384, 3, groups=2)),
        caffe_pixels=BVLC),
    "vgg16": Network(_vgg16(), torchvision_pixels=TORCHVISION, caffe_pixels=VGG),
}
