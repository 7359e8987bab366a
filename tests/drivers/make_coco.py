"""A small data set of COCO's format: images in ./coco, annotations in ./instances.json.

What analysis/pack_coco.py should make of it: in ./expected.json name, class and box of each object;
in ./expected.npz its mask in the scaled box, polygons drawn by PIL at four times the resolution
(shares of covered pixels), run lengths from the mask that they were made of, by a plain loop.
"""

import json
import os

import numpy as np
from PIL import Image, ImageDraw

LONGEST = 200
FINE = 4


def encode(counts):
    """COCO's string of run lengths, as maskApi.c's rleToString writes it."""
    text = ""
    for i, count in enumerate(counts):
        value = count - counts[i - 2] if i > 2 else count
        more = True
        while more:
            bits = value & 31
            value >>= 5
            more = value != -1 if bits & 16 else value != 0
            text += chr((bits | 32 if more else bits) + 48)
    return text


def run_lengths(mask):
    """Runs along columns, zeros first, by a loop over all pixels."""
    counts, value = [0], 0
    for pixel in mask.T.ravel():
        if int(pixel) != value:
            counts.append(0)
            value = int(pixel)
        counts[-1] += 1
    return counts


def scaled_size(box):
    scale = LONGEST / max(box[2:])
    return round(scale * box[3]), round(scale * box[2])


def draw_polygons(polygons, box):
    """Share of each scaled pixel that the polygons cover."""
    height, width = scaled_size(box)
    canvas = Image.new("L", (width * FINE, height * FINE))
    for polygon in polygons:
        points = [((x - box[0]) / box[2] * width * FINE, (y - box[1]) / box[3] * height * FINE)
                  for x, y in zip(polygon[::2], polygon[1::2])]
        ImageDraw.Draw(canvas).polygon(points, fill=1)
    return np.asarray(canvas).reshape(height, FINE, width, FINE).mean((1, 3))


def sample(mask, box):
    """The mask at the centres of the scaled pixels, by a loop."""
    height, width = scaled_size(box)
    result = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            y = int(box[1] + (row + 0.5) * box[3] / height)
            x = int(box[0] + (column + 0.5) * box[2] / width)
            result[row, column] = mask[y, x]
    return result


def main():
    generator = np.random.default_rng(11)
    os.makedirs("coco")
    colour = generator.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    Image.fromarray(colour).save("coco/colour.png")
    y, x = np.mgrid[:50, :40]
    grey = (3 * x + 2 * y).astype(np.uint8)
    Image.fromarray(grey).save("coco/grey.jpg", quality=95)
    # Listed in another order than their ids'.
    images = [{"id": 7, "file_name": "grey.jpg", "width": 40, "height": 50},
              {"id": 3, "file_name": "colour.png", "width": 80, "height": 60}]
    categories = [{"id": 18, "name": "dog"}, {"id": 2, "name": "bicycle"},
                  {"id": 90, "name": "fork"}]

    disc = (np.hypot(*(np.mgrid[:60, :80] - np.array([[[30]], [[45]]]))) < 14).astype(int)
    radius = np.hypot(*(np.mgrid[:50, :40] - np.array([[[25]], [[20]]])))
    ring = (np.abs(radius - 12) < 4).astype(int)
    triangle = [10.5, 12, 42.25, 20, 18, 51]
    # Concave, and of two parts that overlap in part.
    parts = [[5, 5, 30, 5, 30, 35, 17.5, 15, 5, 35], [20, 25, 38, 25, 38, 45, 20, 45]]
    bow = [4, 30, 36, 48, 36, 30, 4, 48]  # crosses itself: even-odd
    outside = [60, 40, 95, 40, 95, 75, 60, 75]

    def annotation(number, image, category, segmentation, box, crowd=0):
        return {"id": number, "image_id": image, "category_id": category, "bbox": box,
                "segmentation": segmentation, "iscrowd": crowd, "area": box[2] * box[3]}

    compressed = {"size": [60, 80], "counts": encode(run_lengths(disc))}
    plain = {"size": [50, 40], "counts": run_lengths(ring)}
    annotations = [
        annotation(50, 7, 18, parts, [5, 5, 33, 40]),
        annotation(51, 3, 2, [triangle], [10.5, 12, 31.75, 39]),
        annotation(9, 7, 90, plain, [4, 9, 33, 33]),
        annotation(12, 3, 18, compressed, [31, 16, 29, 29]),
        annotation(13, 3, 18, {"size": [60, 80], "counts": [10, 20, 4770]}, [0, 0, 1, 30], crowd=1),
        annotation(14, 3, 2, [outside], [60, 40, 35, 35]),
        annotation(15, 3, 2, [triangle], [10, 10, 20, 0.5]),
        annotation(16, 3, 2, [triangle], [79.5, 10, 20, 20]),
        annotation(60, 7, 2, [bow], [4, 30, 32, 18]),
    ]
    with open("instances.json", "w") as file:
        json.dump({"info": {}, "images": images, "annotations": annotations,
                   "categories": categories}, file)

    clipped = [60, 40, 20, 20]
    expected = [
        ("colour_12", 1, annotations[3]["bbox"], sample(disc, annotations[3]["bbox"])),
        ("colour_14", 0, clipped, draw_polygons([outside], clipped)),
        ("colour_51", 0, annotations[1]["bbox"], draw_polygons([triangle], annotations[1]["bbox"])),
        ("grey_9", 2, annotations[2]["bbox"], sample(ring, annotations[2]["bbox"])),
        ("grey_50", 1, annotations[0]["bbox"], draw_polygons(parts, annotations[0]["bbox"])),
        ("grey_60", 0, annotations[8]["bbox"], draw_polygons([bow], annotations[8]["bbox"])),
    ]
    with open("expected.json", "w") as file:
        json.dump([[name, label, box] for name, label, box, _ in expected], file)
    np.savez("expected.npz", **{name: mask for name, _, _, mask in expected})


if __name__ == "__main__":
    main()
