"""Reading of image files as a person sees them."""

import os
import warnings

import numpy as np
from PIL import Image, ImageOps

from script_tools import DataError

# Of 16 bits. Pillow calls 16-bit grey PNG and PGM "I", as it calls 32-bit TIFF.
DEEP_GREY = {"I;16", "I;16B", "I;16L", "I;16N"}
DEEP_FORMATS = {"PNG", "PPM"}
EXIF_ORIENTATION = 0x0112
WHITE_IS_ZERO = (262, 0)  # TIFF's PhotometricInterpretation


def _deep_grey(image, path):
    """16-bit grey as RGB: 0 ... 65535 to 0 ... 255."""
    values = np.asarray(image)
    tag, inverted = WHITE_IS_ZERO
    tags = getattr(image, "tag_v2", {})
    if image.info.get("transparency") is not None or tags.get(tag, 1) == inverted:
        raise DataError(f"{path}: 16-bit grey with transparency or with white as zero is not read; "
                        "convert it to 8 bits")
    grey = np.round(values.astype(np.float64) / 257).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


def _opaque(image):
    """RGB; where the image is transparent, white shows through."""
    layer = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layer.size, (255,) * 4), layer).convert("RGB")


def _shown(image, path):
    orientation = image.getexif().get(EXIF_ORIENTATION, 1)
    deep = image.mode in DEEP_GREY or (image.mode == "I" and image.format in DEEP_FORMATS)
    if deep:
        shown = _deep_grey(image, path)
    elif image.mode in ("I", "F", "LAB", "HSV"):
        raise DataError(f"{path}: pixels of mode '{image.mode}' ({image.format}) have no shown "
                        "range; convert the image to 8 bits")
    elif image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        shown = _opaque(image)
    else:
        shown = image.convert("RGB")
    if orientation != 1:
        # On the converted image, which no longer has the tag, unless it is set here.
        exif = Image.Exif()
        exif[EXIF_ORIENTATION] = orientation
        shown.info["exif"] = exif.tobytes()
        shown = ImageOps.exif_transpose(shown)
    return shown, orientation


def read_image(path):
    """Image of mode RGB, turned as its EXIF orientation says, and the orientation (1: as stored).

    16-bit grey is scaled to 8 bits, palettes are looked up, white shows where the image is
    transparent, CMYK is converted without colour profiles; of several frames the first is read.
    Anything else raises DataError that names the file.
    """
    if not os.path.isfile(path):
        raise DataError(f"{path}: no such file")
    if os.path.getsize(path) == 0:
        raise DataError(f"{path}: not a readable image (it is empty)")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of broken metadata beside good pixels
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                image.load()
                return _shown(image, path)
    except DataError:
        raise
    except Exception as error:  # decoders raise errors of nearly every kind on broken files
        raise DataError(f"{path}: not a readable image ({error})") from error


def describe_turn(orientation):
    """What to say of an orientation beside a size; empty where the image is as stored."""
    if orientation == 1:
        return ""
    return f" as shown (its EXIF orientation {orientation} turns the stored pixels)"
