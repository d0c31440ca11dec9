"""What an ONNX file takes: kind and shape of its one input, out of the file's own protocol buffers (onnx.proto3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

GRAPH: Final = 7
"""Field of ``ModelProto``."""
INITIALIZER, INPUT = 5, 11
"""Fields of ``GraphProto``."""
NAME: Final = 1
"""Field of ``ValueInfoProto``; 8 of ``TensorProto``."""
FLOAT, UINT8 = 1, 2
"""Values of ``TensorProto.DataType``."""


class TakenTensor(NamedTuple):
    """What the model is given."""

    kind: int
    """``FLOAT`` or ``UINT8``, or another of ``TensorProto.DataType``."""
    shape: tuple[int, ...]
    """0 for what the file leaves open."""


def taken_by(model: bytes) -> TakenTensor:
    """The input of a model that has one. Raises ValueError for anything else."""
    (graph,) = _parts(model, GRAPH)
    known = {bytes(name) for tensor in _parts(graph, INITIALIZER) for name in _parts(tensor, 8)}
    inputs = [each for each in _parts(graph, INPUT) if bytes(_parts(each, NAME)[0]) not in known]
    (value,) = inputs
    (kind_of,) = _parts(value, 2)
    (tensor,) = _parts(kind_of, 1)
    (kind,) = (number for field, number in _fields(tensor) if field == 1)
    shape = [_size(each) for part in _parts(tensor, 2) for each in _parts(part, 1)]
    if not isinstance(kind, int):
        raise ValueError("no kind")
    return TakenTensor(kind, tuple(shape))


def _size(dimension: memoryview) -> int:
    sizes = [value for field, value in _fields(dimension) if field == 1 and isinstance(value, int)]
    return sizes[0] if sizes else 0


def _parts(message: bytes | memoryview, field: int) -> list[memoryview]:
    return [value for number, value in _fields(message) if number == field and isinstance(value, memoryview)]


def _fields(message: bytes | memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field: a number, or the bytes of what is longer."""
    data, at = memoryview(message), 0
    while at < len(data):
        key, at = _number(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _number(data, at)
            yield key >> 3, value
            continue
        if kind == 2:
            length, at = _number(data, at)
        else:
            length = {1: 8, 5: 4}.get(kind, -1)
        if length < 0 or at + length > len(data):
            raise ValueError("no protocol buffer")
        yield key >> 3, data[at : at + length]
        at += length


def _number(data: memoryview, at: int) -> tuple[int, int]:
    """A varint, and where the next begins."""
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte, at = data[at], at + 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("no protocol buffer")
