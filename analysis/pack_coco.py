#!/usr/bin/env python3
"""Pack the objects of COCO's instance annotations into an HDF5 file.

Reads an official instances JSON (instances_train2017.json, ...) and the folder of its images. Each
segmented object's box is cut out, scaled to 200 pixels along its longer side, and padded to
227 x 227 around its centre (matrix-backpropagation.txt, section 7.1; the jitter is training's
matter: view.jitter). What lies around the box is filled with the mean colour of ImageNet, which
the configurations subtract, so that it is zero for the network, as what framing in training fills.
Pixels of the background within the box stay; the object's mask is written beside them.

Skipped, with their numbers told: crowds (iscrowd = 1), which are no single objects; boxes that are
thinner than one pixel within the image; polygons of less than three points, which exporters leave
behind. An object without a mask (no polygon left, or none of its pixels within the box) gets its
whole box as mask, or is skipped with --without-mask skip; told, too. Ids are numbers or text.
Images are packed as they are shown (images.py), grey ones with three equal channels. Objects are in
the order of (image id, annotation id), classes in the order of category ids. The layout is
documented in classification_data.py.
"""

import itertools
import os

import numpy as np
from PIL import Image

from classification_data import classification_writer
from coco_instances import Objects
from coco_masks import object_mask
from images import describe_turn, read_image
from script_tools import DataError, check_outputs, option_parser, positive, run

MEAN_COLOUR = (124, 116, 104)  # the nearest to 123.675, 116.28, 103.53


def read_sized(path, size):
    """The image, which must be of the size (width, height) that the JSON tells."""
    image, orientation = read_image(path)
    if image.size != size:
        raise DataError(f"{path}: {image.width} x {image.height} pixels"
                        f"{describe_turn(orientation)}, {size[0]} x {size[1]} in the annotations")
    return image


def cut_out(pixels, segmentation, box, longest, side):
    """The object in its square: pixels (side, side, 3) and mask (side, side), uint8. The mask is
    the whole box where the segmentation covers nothing of it; whether it does is told third."""
    x, y, box_width, box_height = box
    scale = longest / max(box_width, box_height)
    width, height = (max(1, round(scale * extent)) for extent in (box_width, box_height))
    scaled = pixels.resize((width, height), Image.BICUBIC, (x, y, x + box_width, y + box_height))
    square = np.empty((side, side, 3), np.uint8)
    square[:] = MEAN_COLOUR
    mask = np.zeros((side, side), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    inside = (slice(top, top + height), slice(left, left + width))
    square[inside] = np.asarray(scaled)
    mask[inside] = object_mask(segmentation, (pixels.height, pixels.width), box, (height, width))
    covered = bool(mask.any())
    if not covered:
        mask[inside] = 1
    return square, mask, covered


def pack(objects, entries, arguments, writer):
    """Write the entries; counts on in objects.counts. Returns how many were written."""
    written = 0
    for (_, path, size), group in itertools.groupby(entries, key=lambda entry: entry[:3]):
        pixels = read_sized(path, size)
        stem = os.path.splitext(os.path.basename(path))[0]
        for *_, number, box, segmentation, label in group:
            try:
                square, mask, covered = cut_out(pixels, segmentation, box, arguments.longest,
                                                arguments.side)
            except DataError as error:
                raise DataError(f"{arguments.annotations}: annotation {number}: {error}") from error
            objects.counts["unmasked"] += not covered
            if covered or arguments.without_mask == "box":
                writer.add(f"{stem}_{number}", square, label, box, mask)
                written += 1
    if written == 0:
        raise DataError(f"{arguments.annotations}: no object has a mask")
    return written


def main():
    parser = option_parser(__doc__)
    parser.add_argument("--annotations", required=True, help="instances JSON")
    parser.add_argument("--images", required=True, help="folder of its images")
    parser.add_argument("--output", required=True)
    parser.add_argument("--limit", type=positive, help="only so many objects, the first")
    parser.add_argument("--longest", type=positive, default=200,
                        help="pixels of an object's longer side")
    parser.add_argument("--side", type=positive, default=227, help="pixels of the padded square")
    parser.add_argument("--without-mask", choices=("box", "skip"), default="box",
                        help="objects without a mask: the box as mask, or skipped (box)")
    arguments = parser.parse_args()
    if arguments.longest > arguments.side:
        raise DataError("--longest must be at most --side")
    check_outputs([arguments.output], [arguments.annotations])

    objects = Objects(arguments.annotations, arguments.images)
    entries = objects.entries[: arguments.limit]
    counts = objects.counts
    if not entries:
        raise DataError(f"{arguments.annotations}: no object to pack ({counts['crowds']} crowds, "
                        f"{counts['boxes']} empty boxes)")
    check_outputs([arguments.output], {entry[1] for entry in entries})
    source = f"COCO, {os.path.basename(arguments.annotations)}"
    with classification_writer(arguments.output, source, objects.names, arguments.side**2,
                               objects=True) as writer:
        written = pack(objects, entries, arguments, writer)
    fate = "skipped" if arguments.without_mask == "skip" else "got their boxes as masks"
    notes = f"skipped {counts['crowds']} crowds and {counts['boxes']} empty boxes"
    if counts["parts"]:
        notes += f"; left out {counts['parts']} polygons of less than three points"
    if counts["unmasked"]:
        notes += f"; {counts['unmasked']} objects without a mask {fate}"
    print(f"{arguments.output}: {written} objects, {len(objects.names)} classes; {notes}")


if __name__ == "__main__":
    run(main)
