#!/usr/bin/env python3
"""Pack the objects of COCO's instance annotations into an HDF5 file.

Reads an official instances JSON (instances_train2017.json, ...) and the folder of its images. Each
segmented object's box is cut out, scaled to 200 pixels along its longer side, and padded to
227 x 227 around its centre (matrix-backpropagation.txt, section 7.1; the jitter is training's
matter: view.jitter). What lies around the box is filled with the mean colour of ImageNet, which
the configurations subtract, so that it is zero for the network, as what framing in training fills.
Pixels of the background within the box stay; the object's mask is written beside them.

Skipped, with their numbers told: crowds (iscrowd = 1), which are no single objects, and boxes that
are thinner than one pixel within the image. Grey images get three equal channels. Objects are in
the order of (image id, annotation id), classes in the order of category ids. The layout is
documented in classification_data.py.
"""

import argparse
import itertools
import json
import math
import os

import numpy as np
from PIL import Image

from coco_masks import check_segmentation, object_mask
from classification_data import classification_writer
from eigenprop_data import DataError, run

MEAN_COLOUR = (124, 116, 104)  # the nearest to 123.675, 116.28, 103.53


def read_json(path):
    """Lists "images", "annotations" and "categories" of a JSON file."""
    if not os.path.exists(path):
        raise DataError(f"{path}: no such file")
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except ValueError as error:
        raise DataError(f"{path}: no JSON ({error})") from error
    keys = ("images", "annotations", "categories")
    if not isinstance(content, dict) or not all(isinstance(content.get(k), list) for k in keys):
        raise DataError(f"{path}: no instances file; it needs the lists {', '.join(keys)}")
    return [content[key] for key in keys]


def field(entry, name, kind, where):
    """entry[name], which must be of a kind."""
    value = entry.get(name) if isinstance(entry, dict) else None
    if not isinstance(value, kind):
        raise DataError(f"{where} has no valid '{name}'")
    return value


def by_id(entries, what):
    """Dictionary of entries by their ids."""
    result = {}
    for position, entry in enumerate(entries):
        number = field(entry, "id", int, f"{what} at position {position}")
        if number in result:
            raise DataError(f"two {what} entries have the id {number}")
        result[number] = entry
    return result


def clipped_box(annotation, image, where):
    """x, y, width, height within the image, or nothing where it is thinner than one pixel."""
    box = field(annotation, "bbox", list, where)
    if len(box) != 4 or not all(isinstance(v, (int, float)) and math.isfinite(v) for v in box):
        raise DataError(f"{where}: 'bbox' is no list of four finite numbers")
    left, top = max(box[0], 0), max(box[1], 0)
    right = min(box[0] + box[2], image["width"])
    bottom = min(box[1] + box[3], image["height"])
    if right - left < 1 or bottom - top < 1:
        return None
    return left, top, right - left, bottom - top


def select(path, folder):
    """All objects, checked, as (image entry, annotation, box, class) in their order; the classes'
    names; numbers of crowds and of empty boxes."""
    images, annotations, categories = read_json(path)
    images, categories = by_id(images, "image"), by_id(categories, "category")
    for number, entry in images.items():
        for name, kind in (("file_name", str), ("width", int), ("height", int)):
            field(entry, name, kind, f"{path}: image {number}")
    labels = {number: label for label, number in enumerate(sorted(categories))}
    names = [field(categories[n], "name", str, f"{path}: category {n}") for n in sorted(categories)]
    by_id(annotations, "annotation")

    objects, crowds, empty, present = [], 0, 0, set()
    for annotation in annotations:
        where = f"{path}: annotation {annotation['id']}"
        if annotation.get("category_id") not in labels:
            raise DataError(f"{where} is of category {annotation.get('category_id')}, which is not "
                            "listed")
        image = images.get(annotation.get("image_id"))
        if image is None:
            raise DataError(f"{where} is of image {annotation.get('image_id')}, which is not "
                            "listed")
        if annotation.get("iscrowd", 0):
            crowds += 1
            continue
        box = clipped_box(annotation, image, where)
        if box is None:
            empty += 1
            continue
        try:
            check_segmentation(annotation.get("segmentation"))
        except DataError as error:
            raise DataError(f"{where}: {error}") from error
        if image["id"] not in present:
            file = os.path.join(folder, image["file_name"])
            if not os.path.exists(file):
                raise DataError(f"{path}: image {image['id']} is {file}, and there is no such file")
            present.add(image["id"])
        objects.append((image, annotation, box, labels[annotation["category_id"]]))
    objects.sort(key=lambda entry: (entry[0]["id"], entry[1]["id"]))
    return objects, names, crowds, empty


def read_image(folder, image):
    """The image in RGB, of the size that the JSON tells."""
    path = os.path.join(folder, image["file_name"])
    try:
        with Image.open(path) as file:
            pixels = file.convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: not a readable image ({error})") from error
    if pixels.size != (image["width"], image["height"]):
        raise DataError(f"{path}: {pixels.width} x {pixels.height} pixels, "
                        f"{image['width']} x {image['height']} in the annotations")
    return pixels


def cut_out(pixels, annotation, box, longest, side):
    """The object in its square: pixels (side, side, 3) and mask (side, side), uint8."""
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
    mask[inside] = object_mask(annotation["segmentation"], (pixels.height, pixels.width), box,
                               (height, width))
    return square, mask


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--annotations", required=True, help="instances JSON")
    parser.add_argument("--images", required=True, help="folder of its images")
    parser.add_argument("--output", required=True)
    parser.add_argument("--limit", type=int, help="only so many objects, the first")
    parser.add_argument("--longest", type=int, default=200,
                        help="pixels of an object's longer side")
    parser.add_argument("--side", type=int, default=227, help="pixels of the padded square")
    arguments = parser.parse_args()
    if not 1 <= arguments.longest <= arguments.side:
        raise DataError("--longest must be positive and at most --side")
    if arguments.limit is not None and arguments.limit < 1:
        raise DataError("--limit must be positive")

    objects, class_names, crowds, empty = select(arguments.annotations, arguments.images)
    objects = objects[: arguments.limit]
    if not objects:
        raise DataError(f"{arguments.annotations}: no object to pack ({crowds} crowds, {empty} "
                        "empty boxes)")
    source = f"COCO, {os.path.basename(arguments.annotations)}"
    with classification_writer(arguments.output, source, class_names, arguments.side**2,
                               objects=True) as writer:
        for _, group in itertools.groupby(objects, key=lambda entry: entry[0]["id"]):
            group = list(group)
            pixels = read_image(arguments.images, group[0][0])
            stem = os.path.splitext(os.path.basename(group[0][0]["file_name"]))[0]
            for _, annotation, box, label in group:
                try:
                    square, mask = cut_out(pixels, annotation, box, arguments.longest,
                                           arguments.side)
                except DataError as error:
                    raise DataError(f"{arguments.annotations}: annotation {annotation['id']}: "
                                    f"{error}") from error
                writer.add(f"{stem}_{annotation['id']}", square, label, box, mask)
    print(f"{arguments.output}: {len(objects)} objects, {len(class_names)} classes; skipped "
          f"{crowds} crowds and {empty} empty boxes")


if __name__ == "__main__":
    run(main)
