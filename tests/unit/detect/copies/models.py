"""Small models as ONNX files, written by hand: each gives the pixels that it takes."""

from __future__ import annotations

SIDE = 16


def _number(value: int) -> bytes:
    more = b""
    while value > 127:
        more += bytes([value & 127 | 128])
        value >>= 7
    return more + bytes([value])


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _number(number << 3) + _number(value)
    data = value.encode() if isinstance(value, str) else value
    return _number(number << 3 | 2) + _number(len(data)) + data


def _value(name: str, kind: int, shape: tuple[int, ...]) -> bytes:
    """A ValueInfoProto; 0 leaves a side open."""
    sides = b"".join(_field(1, _field(1, side) if side else _field(2, "any")) for side in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, sides)))


def _node(kind: str, taken: str, given: str, attribute: tuple[str, int] | None = None) -> bytes:
    node = _field(1, taken) + _field(2, given) + _field(4, kind)
    if attribute is not None:
        node += _field(5, _field(1, attribute[0]) + _field(3, attribute[1]) + _field(20, 2))
    return node


def model(*, of_bytes: bool) -> bytes:
    """A ModelProto that takes red, green and blue bytes, or numbers in normal form."""
    shape = (1, SIDE, SIDE, 3) if of_bytes else (1, 3, SIDE, SIDE)
    nodes = [_node("Cast", "picture", "numbers", ("to", 1)), _node("Flatten", "numbers", "row", ("axis", 1))]
    if not of_bytes:
        nodes = [_node("Flatten", "picture", "row", ("axis", 1))]
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, "pixels")
    graph += _field(11, _value("picture", 2 if of_bytes else 1, shape))
    graph += _field(12, _value("row", 1, (1, 3 * SIDE * SIDE)))
    return _field(1, 8) + _field(8, _field(1, "") + _field(2, 13)) + _field(7, graph)
