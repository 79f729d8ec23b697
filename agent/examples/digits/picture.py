"""Small grey images as one PNG, without an image library."""

from __future__ import annotations

import struct
import zlib

SCALE = 8  # screen pixels for each pixel of a digit
GAP = 10
ACROSS = 8


def mistakes_png(images: "list[list[list[float]]]") -> bytes:
    """The images (rows of brightness, 0 to 16) as dark digits on tiles, eight in a row."""
    side = 8 * SCALE + GAP
    columns = min(ACROSS, len(images))
    rows = -(-len(images) // ACROSS)
    width, height = columns * side + GAP, rows * side + GAP
    canvas = [bytearray(b"\xff" * width) for _ in range(height)]
    for number, image in enumerate(images):
        top = GAP + number // ACROSS * side
        left = GAP + number % ACROSS * side
        for y in range(8 * SCALE):
            for x in range(8 * SCALE):
                canvas[top + y][left + x] = 240 - int(image[y // SCALE][x // SCALE] * 13)
    raw = b"".join(b"\x00" + bytes(row) for row in canvas)
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(raw, 9)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
