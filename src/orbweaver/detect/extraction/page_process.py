"""The process that reads pages: foreign bytes meet a parser here, and nothing else is within reach of either.

Started by ``page_reader`` as ``python -m orbweaver.detect.extraction.page_process PARENT``. It holds no secret and no
socket, can open nothing and start nothing, and is ended when a page takes too long: parsers take time in the square of
nesting, and a hostile page has much of it. What goes through both pipes is said in ``page_wire``; first of all comes
which of its walls hold.
"""

from __future__ import annotations

import contextlib
import encodings
import gc
import importlib
import json
import os
import pkgutil
import resource
import signal
import sys
from dataclasses import replace
from typing import Any, BinaryIO, Final

from orbweaver.detect.extraction.documents import read_document
from orbweaver.detect.extraction.page import Page
from orbweaver.detect.extraction.page_wire import COUNT, HEAD, SIZE, as_values
from orbweaver.detect.extraction.scripted import needs_script, rule
from orbweaver.fingerprints import sandbox
from orbweaver.platform.network.urls import parse

MEMORY: Final = 1024 * 2**20
"""Bytes of address space beyond what the process has when it starts: a page of 4 MB takes some 200 MB at worst."""


def load_charsets() -> None:
    """Load every charset now: once root is dropped, Python's own files may be out of reach."""
    for module in pkgutil.iter_modules(encodings.__path__):
        with contextlib.suppress(ImportError):  # those of other systems
            importlib.import_module(f"encodings.{module.name}")


def shut_in(parent: int) -> dict[str, bool]:
    """Take everything from this process that reading does not need, for good. Which walls hold, by name."""
    held = {"network": sandbox.leave_network()}
    held["not_root"] = sandbox.drop_root()
    sandbox.die_with_parent(parent)  # not before: changing the user clears it
    held["no_new_privileges"] = sandbox.gain_nothing()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sandbox.limit(resource.RLIMIT_AS, sandbox.address_space() + MEMORY)
    sandbox.limit(resource.RLIMIT_CORE, 0)
    sandbox.limit(resource.RLIMIT_FSIZE, 0)
    return held | sandbox.confine()


def read(url: str, content_type: str, body: bytes) -> Page:
    """What a document holds, and whether a script makes the rest of it."""
    page = read_document(body, parse(url), content_type)
    return replace(page, is_shell=True) if needs_script(body, page) else page


def main(parent: int) -> None:
    """Load, shut in, say so, serve until standard input ends."""
    load_charsets()
    rule()
    read("http://first.example/", "", b"<title>first</title><script></script><div id=root></div>")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    gc.collect()
    gc.freeze()
    _say(answers, shut_in(parent))
    requests = sys.stdin.buffer
    while count := requests.read(COUNT.size):
        _say(answers, [_next(requests) for _ in range(COUNT.unpack(count)[0])])


def _next(requests: BinaryIO) -> list[Any]:
    url, content_type, body = map(requests.read, HEAD.unpack(requests.read(HEAD.size)))
    return as_values(read(url.decode(), content_type.decode(), body))


def _say(answers: BinaryIO, values: object) -> None:
    text = json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass")
    answers.write(SIZE.pack(len(text)) + text)
    answers.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
