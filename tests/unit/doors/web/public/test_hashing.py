"""The program that hashes in a survivor's browser is that of the source beside it."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from orbweaver.doors.web.public import hashing

FOLDER = files(hashing)


def test_the_program_was_compiled_from_this_source() -> None:
    lines = (line.split() for line in FOLDER.joinpath("hashing.sum").read_text().splitlines())
    assert {name: digest for digest, name in lines} == {
        name: hashlib.sha256(FOLDER.joinpath(name).read_bytes()).hexdigest() for name in ("hashing.c", "hashing.wasm")
    }, "Run `make wasm`."


def test_the_program_asks_its_browser_for_nothing() -> None:
    program = FOLDER.joinpath("hashing.wasm").read_bytes()
    assert program[:8] == b"\0asm\x01\0\0\0"
    sections, at = [], 8
    while at < len(program):
        kind, size, shift = program[at], 0, 0
        at += 1
        while True:
            byte = program[at]
            size, shift, at = size | (byte & 0x7F) << shift, shift + 7, at + 1
            if byte < 0x80:
                break
        sections.append(kind)
        at += size
    assert 2 not in sections, "it has imports"
