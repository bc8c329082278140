# SPDX-License-Identifier: MIT
"""What is stored and asked for in the benchmarks: images where there are some, else fields that are as smooth.

Rows of length 784 are the test images of MNIST, of length 3072 images of CIFAR-10, if UHN_DATA names a folder with
mnist/t10k-images-idx3-ubyte.gz and a binary file of CIFAR-10 in cifar10/. Where there are fewer images than rows, the
others are means of two images. All else is drawn: coarse random grids, interpolated to images.

Float rows are not on a grid of 256 values: to each of them half a shade of uniform noise is added, so that nothing is
gained by recognising bytes. A query is a stored row with Gaussian noise, cut to 0 … 1.
"""

import glob
import gzip
import os

import numpy

NOISE = 0.3
BIT_FLIPS = 0.2
SHAPES = {784: (28, 1), 3072: (32, 3), 12288: (64, 3)}  # side and channels of images of these lengths


def _open(path):
    return gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")


def _mnist(folder):
    found = glob.glob(os.path.join(folder, "mnist", "t10k-images-idx3-ubyte*"))
    if not found:
        return None
    with _open(found[0]) as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=16).reshape(-1, 784)


def _cifar(folder):
    found = sorted(glob.glob(os.path.join(folder, "cifar10", "*.bin*")))
    if not found:
        return None
    with _open(found[0]) as file:
        return numpy.frombuffer(file.read(), numpy.uint8).reshape(-1, 3073)[:, 1:]


def _drawn(count, dim, random):
    """`count` smooth images of `dim` bytes."""
    side, channels = SHAPES.get(dim, (0, 0))
    if not side:
        return random.integers(0, 256, (count, dim), numpy.uint8)
    coarse = side // 4
    places = numpy.linspace(0, coarse - 1, side)
    left = numpy.minimum(places.astype(int), coarse - 2)
    spread = numpy.zeros((side, coarse), numpy.float32)
    spread[numpy.arange(side), left] = 1 - (places - left)
    spread[numpy.arange(side), left + 1] = places - left
    images = numpy.empty((count, dim), numpy.uint8)
    for first in range(0, count, 1000):
        part = min(1000, count - first)
        grids = random.random((part, channels, coarse, coarse), numpy.float32)
        fields = spread @ grids @ spread.T
        fields += random.random(fields.shape, numpy.float32) * 0.1 - 0.05
        images[first:first + part] = (numpy.clip(fields, 0, 1) * 255 + 0.5).astype(numpy.uint8).reshape(part, dim)
    return images


class Images:
    """Rows of bytes by length; what was made once is kept."""

    def __init__(self, folder):
        self.folder, self.kept, self.sources = folder, {}, {}

    def rows(self, count, dim):
        """The first `count` images of length `dim`, as bytes."""
        if dim not in self.kept or len(self.kept[dim]) < count:
            self.kept[dim] = self._make(count, dim)
        return self.kept[dim][:count]

    def _make(self, count, dim):
        random = numpy.random.default_rng(dim)
        loader = {784: _mnist, 3072: _cifar}.get(dim)
        images = loader(self.folder) if loader and self.folder else None
        if images is None:
            self.sources[dim] = "drawn fields"
            images = _drawn(min(count, 10000), dim, random)
        else:
            self.sources[dim] = f"{len(images)} images of {'MNIST' if dim == 784 else 'CIFAR-10'}"
        if len(images) >= count:
            return images
        rows = numpy.empty((count, dim), numpy.uint8)
        rows[:len(images)] = images
        for first in range(len(images), count, 4096):
            part = min(4096, count - first)
            pair = random.integers(0, len(images), (2, part))
            rows[first:first + part] = images[pair[0]] // 2 + images[pair[1]] // 2
        return rows


class Problem:
    """Rows in one storage, and queries.

    stored   as the memory takes it: float32 [N × D], uint8 [N × D], or packed bits [N × D/8]
    queries  float32 [Q × D]; for uint8 each is v/255, for bits 0 or 1
    floats   the rows as float32 [N × D], made when they are asked for
    """

    def __init__(self, images, storage, dim, count, queries):
        random = numpy.random.default_rng(1)
        self.storage, self.dim, self.count = storage, dim, count
        self.of = random.integers(0, count, queries)  # the row that a query is a noisy copy of
        self._floats = None
        if storage == "bits":
            self._make_bits(random)
            return
        rows = images.rows(count, dim)
        noise = random.normal(0, NOISE, (queries, dim)).astype(numpy.float32)
        if storage == "uint8":
            self.stored = numpy.ascontiguousarray(rows)
            noisy = numpy.clip(rows[self.of] / numpy.float32(255) + noise, 0, 1)
            self.queries = numpy.rint(noisy * 255).astype(numpy.uint8).astype(numpy.float32) / numpy.float32(255)
        else:
            self.stored = numpy.empty((count, dim), numpy.float32)
            for first in range(0, count, 4096):  # with no large temporary arrays
                part = rows[first:first + 4096]
                shade = random.random(part.shape, numpy.float32) - numpy.float32(0.5)
                numpy.clip((part + shade) / numpy.float32(255), 0, 1, out=self.stored[first:first + 4096])
            self.queries = numpy.clip(self.stored[self.of] + noise, 0, 1)

    def _make_bits(self, random):
        count, dim = self.count, self.dim
        self.stored = random.integers(0, 256, (count, dim // 8), numpy.uint8)
        bits = numpy.unpackbits(self.stored[self.of], axis=1)
        self.queries = (bits ^ (random.random(bits.shape, numpy.float32) < BIT_FLIPS)).astype(numpy.float32)

    @property
    def floats(self):
        if self._floats is None:
            if self.storage == "float32":
                self._floats = self.stored
            elif self.storage == "uint8":
                self._floats = self.stored.astype(numpy.float32) / numpy.float32(255)
            else:
                self._floats = numpy.unpackbits(self.stored, axis=1).astype(numpy.float32)
        return self._floats

    def rows64(self, indices):
        """Rows as float64, whatever the storage."""
        rows = self.stored[indices]
        if self.storage == "bits":
            return numpy.unpackbits(rows, axis=-1).astype(numpy.float64)
        if self.storage == "uint8":
            return (rows.astype(numpy.float32) / numpy.float32(255)).astype(numpy.float64)
        return rows.astype(numpy.float64)
