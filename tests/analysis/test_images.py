"""Images are read as a person sees them; expected pixels by definition, not by Pillow."""

import struct
import unittest
import zlib

import numpy as np
from PIL import Image

from scripts import ScriptTest

from images import read_image
from script_tools import DataError


def write_png(path, rows, depth, colour, before_data=b""):
    """A PNG from raw rows, without Pillow. colour: PNG's colour type."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    height, width = rows.shape[:2]
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n"
                   + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
                   + before_data + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


class Images(ScriptTest):
    def pixels(self, path):
        image, _ = read_image(path)
        self.assertEqual(image.mode, "RGB")
        return np.asarray(image)

    def test_deep_grey_is_scaled(self):
        values = np.array([[0, 257, 128 * 257, 65535], [300, 65280, 255, 32768]])
        write_png("deep.png", values.astype(">u2"), 16, 0)
        expected = np.round(values / 257).astype(np.uint8)
        np.testing.assert_array_equal(self.pixels("deep.png"), np.stack([expected] * 3, 2))
        with open("deep.pgm", "wb") as file:
            file.write(b"P5 4 2 65535\n" + values.astype(">u2").tobytes())
        np.testing.assert_array_equal(self.pixels("deep.pgm"), np.stack([expected] * 3, 2))
        Image.fromarray(values.astype(np.uint16)).save("deep.tif")
        np.testing.assert_array_equal(self.pixels("deep.tif"), np.stack([expected] * 3, 2))

    def test_deep_colour_is_scaled(self):
        values = np.array([[[0, 30000, 65535], [257, 514, 60000]]])
        write_png("colour.png", values.astype(">u2"), 16, 2)
        self.assertLessEqual(np.abs(self.pixels("colour.png") - values / 257).max(), 1)

    def test_orientation(self):
        stored = np.zeros((16, 32, 3), np.uint8)
        stored[:8, :16] = 255  # white where the stored image is above and left
        # What EXIF 2.3 says of where the stored first row and first column are shown.
        shown = {1: ("top", "left"), 2: ("top", "right"), 3: ("bottom", "right"),
                 4: ("bottom", "left"), 5: ("left", "top"), 6: ("right", "top"),
                 7: ("right", "bottom"), 8: ("left", "bottom")}
        for orientation, sides in shown.items():
            exif = Image.Exif()
            exif[0x0112] = orientation
            Image.fromarray(stored).save("turned.png", exif=exif)
            image, told = read_image("turned.png")
            self.assertEqual(told, orientation)
            pixels = np.asarray(image)
            self.assertEqual(pixels.shape[:2], (16, 32) if orientation < 5 else (32, 16))
            half_y, half_x = pixels.shape[0] // 2, pixels.shape[1] // 2
            y = slice(None, half_y) if "top" in sides else slice(half_y, None)
            x = slice(None, half_x) if "left" in sides else slice(half_x, None)
            self.assertTrue((pixels[y, x] == 255).all(), orientation)
            self.assertEqual(int((pixels == 255).sum()), 8 * 16 * 3)

    def test_orientation_of_deep_grey(self):
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.fromarray(np.array([[65535, 0]], np.uint16)).save("turned.png", exif=exif)
        self.assertEqual(self.pixels("turned.png")[:, :, 0].tolist(), [[255], [0]])

    def test_transparency_shows_white(self):
        Image.fromarray(np.array([[[200, 10, 0, 255], [200, 10, 0, 0], [0, 0, 0, 51]]], np.uint8)
                        ).save("alpha.png")
        self.assertEqual(self.pixels("alpha.png").tolist(),
                         [[[200, 10, 0], [255, 255, 255], [204, 204, 204]]])
        Image.fromarray(np.array([[[7, 255], [7, 0]]], np.uint8), "LA").save("grey_alpha.png")
        self.assertEqual(self.pixels("grey_alpha.png")[0, :, 0].tolist(), [7, 255])
        palette = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "P")
        palette.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
        palette.save("palette.png", transparency=1)
        self.assertEqual(self.pixels("palette.png").tolist(),
                         [[[10, 20, 30], [255, 255, 255], [70, 80, 90]]])
        palette.save("plain.gif")
        self.assertEqual(self.pixels("plain.gif").tolist(),
                         [[[10, 20, 30], [40, 50, 60], [70, 80, 90]]])

    def test_other_modes(self):
        Image.fromarray(np.array([[True, False]])).save("bits.png")
        self.assertEqual(self.pixels("bits.png")[0, :, 0].tolist(), [255, 0])
        Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save("red.jpg", quality=100)
        red = self.pixels("red.jpg").reshape(-1, 3).mean(0)
        self.assertTrue(red[0] > 245 and red[1] < 10 and red[2] < 10, red)

    def test_refused(self):
        Image.fromarray(np.ones((2, 2), np.float32)).save("floats.tif")
        Image.fromarray(np.ones((2, 2), np.int32)).save("integers.tif")
        noise = np.random.default_rng(1).integers(0, 256, (20, 20, 3), np.uint8)
        Image.fromarray(noise).save("whole.png")
        with open("whole.png", "rb") as whole, open("half.png", "wb") as half:
            half.write(whole.read()[:600])
        with open("page.png", "w") as file:
            file.write("<html>404</html>")
        open("empty.png", "w").close()
        for name, text in (("floats.tif", "mode 'F'"), ("integers.tif", "mode 'I'"),
                           ("half.png", "not a readable image"), ("empty.png", "it is empty"),
                           ("page.png", "not a readable image"), ("none.png", "no such file"),
                           (".", "no such file")):
            with self.assertRaisesRegex(DataError, text) as caught:
                read_image(name)
            self.assertIn(name, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
