"""COCO's instance annotations, as COCO and as exporters write them: read and checked."""

import json
import os
from collections import Counter

from coco_masks import clean_segmentation, finite, whole
from script_tools import DataError


def read_json(path):
    """Lists "images", "annotations" and "categories" of a JSON file."""
    if not os.path.exists(path):
        raise DataError(f"{path}: no such file")
    try:
        with open(path, encoding="utf-8-sig") as file:
            content = json.load(file)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: no JSON ({error})") from error
    keys = ("images", "annotations", "categories")
    if not isinstance(content, dict) or not all(isinstance(content.get(k), list) for k in keys):
        raise DataError(f"{path}: no instances file; it needs the lists {', '.join(keys)}")
    return [content[key] for key in keys]


def text_field(entry, name, where):
    """entry[name], which must be text that is not empty."""
    value = entry.get(name)
    if not isinstance(value, str) or not value:
        raise DataError(f"{where} has no valid '{name}'")
    return value


def identifier(entry, name, where):
    """The id entry[name]: a whole number, also where it is written as text, or other text. A list
    stands for its only entry."""
    value = entry.get(name) if isinstance(entry, dict) else None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    number = whole(value)
    if number is None and not (isinstance(value, str) and value):
        raise DataError(f"{where} has no valid '{name}', which is one number or text: "
                        f"{json.dumps(value)[:60]}")
    return value if number is None else number


def order(number):
    """Sort key of ids: numbers, then text."""
    return isinstance(number, str), number


def by_id(entries, what, path):
    """Dictionary of entries by their ids."""
    result = {}
    for position, entry in enumerate(entries):
        number = identifier(entry, "id", f"{path}: {what} at position {position}")
        if number in result:
            raise DataError(f"{path}: two {what} entries have the id {number}")
        result[number] = entry
    return result


def image_size(entry, where):
    """(width, height) that the JSON tells, pixels."""
    size = tuple(whole(entry.get(name)) for name in ("width", "height"))
    for name, extent in zip(("width", "height"), size):
        if extent is None or extent < 1:
            raise DataError(f"{where} has no valid '{name}'")
    return size


def clipped_box(annotation, size, where):
    """x, y, width, height within an image of size (width, height), or nothing where it is thinner
    than one pixel."""
    box = annotation.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(map(finite, box)):
        raise DataError(f"{where}: 'bbox' is no list of four finite numbers")
    left, top = max(box[0], 0), max(box[1], 0)
    right, bottom = min(box[0] + box[2], size[0]), min(box[1] + box[3], size[1])
    if right - left < 1 or bottom - top < 1:
        return None
    return left, top, right - left, bottom - top


def is_crowd(annotation, where):
    value = annotation.get("iscrowd")
    number = int(bool(value)) if value is None or isinstance(value, bool) else whole(value)
    if number not in (0, 1):
        raise DataError(f"{where}: 'iscrowd' is neither 0 nor 1")
    return number == 1


class Objects:
    """What is to be packed of an instances file, checked.

    entries: (image id, path of the image, (width, height), annotation id, box, segmentation,
    class) each, in their order; names: of the classes; counts: what was skipped, and why.
    """

    def __init__(self, path, folder):
        self._path, self._folder = path, folder
        images, annotations, categories = read_json(path)
        self._images = by_id(images, "image", path)
        categories = by_id(categories, "category", path)
        ordered = sorted(categories, key=order)
        self._labels = {number: label for label, number in enumerate(ordered)}
        self.names = [text_field(categories[number], "name", f"{path}: category {number}")
                      for number in ordered]
        self._files = {number: (text_field(entry, "file_name", f"{path}: image {number}"),
                                image_size(entry, f"{path}: image {number}"))
                       for number, entry in self._images.items()}
        self._present = set()
        self.counts = Counter()
        found = (self._entry(number, annotation)
                 for number, annotation in by_id(annotations, "annotation", path).items())
        self.entries = sorted(filter(None, found),
                              key=lambda entry: (order(entry[0]), order(entry[3])))

    def _entry(self, number, annotation):
        where = f"{self._path}: annotation {number}"
        category = identifier(annotation, "category_id", where)
        if category not in self._labels:
            raise DataError(f"{where} is of category {category}, which is not listed")
        image = identifier(annotation, "image_id", where)
        if image not in self._images:
            raise DataError(f"{where} is of image {image}, which is not listed")
        if is_crowd(annotation, where):
            self.counts["crowds"] += 1
            return None
        name, size = self._files[image]
        box = clipped_box(annotation, size, where)
        if box is None:
            self.counts["boxes"] += 1
            return None
        try:
            segmentation, parts = clean_segmentation(annotation.get("segmentation"))
        except DataError as error:
            raise DataError(f"{where}: {error}") from error
        self.counts["parts"] += parts
        file = os.path.join(self._folder, name)
        if image not in self._present and not os.path.isfile(file):
            raise DataError(f"{self._path}: image {image} is {file}, and there is no such file")
        self._present.add(image)
        return image, file, size, number, box, segmentation, self._labels[category]
