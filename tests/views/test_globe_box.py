"""The arrays of the globe come back to the bit, whichever way their bytes are laid."""

from __future__ import annotations

import base64
import gzip
import json

import numpy as np
import pytest

from ecumene.views.globe import _Box

RANDOM = np.random.default_rng(1)

ARRAYS = {
    "small numbers": np.sort(RANDOM.integers(0, 900, 4_000)).astype(np.uint32),
    "noise": RANDOM.integers(0, 2**16, 4_000).astype(np.uint16),
    "bytes": RANDOM.integers(0, 9, 4_000).astype(np.uint8),
    "signed": RANDOM.integers(-5, 5, (3, 700)).astype(np.int16),
    "repeated": RANDOM.choice(RANDOM.integers(0, 2**16, 12), 4_000).astype(np.uint16),
    "none": np.zeros(0, np.int32),
}


def read(text):
    """Return header and arrays: the plain twin of web/src/data.js."""
    raw = gzip.decompress(base64.b64decode(text))
    n = int.from_bytes(raw[:4], "little")
    header, found = json.loads(raw[4 : 4 + n]), {}
    for name, told in header["arrays"].items():
        kind, size = np.dtype(told["type"]), int(np.prod(told["shape"]))
        begin = 4 + n + told["offset"]
        data = raw[begin : begin + size * kind.itemsize]
        if told["by_byte"]:
            data = bytes(data[b * size + k] for k in range(size) for b in range(kind.itemsize))
        found[name] = np.frombuffer(data, kind).reshape(told["shape"])
    return header, found


def test_every_array_comes_back_and_both_ways_are_taken():
    box = _Box()
    for name, values in ARRAYS.items():
        box.put(name, values)
    header, found = read(box.base64({}))
    for name, values in ARRAYS.items():
        np.testing.assert_array_equal(found[name], values)
    assert header["arrays"]["small numbers"]["by_byte"]
    assert not header["arrays"]["repeated"]["by_byte"]
    assert not header["arrays"]["bytes"]["by_byte"]


@pytest.mark.parametrize("order", [1, 2])
def test_differences_add_up_again(order):
    values = np.cumsum(RANDOM.integers(-3, 4, (50, 6)), axis=0).astype(np.int16)
    box = _Box()
    box.put("x", values, stride=6, order=order)
    found = read(box.base64({}))[1]["x"]
    for _ in range(order):
        found = np.cumsum(found, axis=0, dtype=np.int16)
    np.testing.assert_array_equal(found, values)
