"""The process that reads large pages: parsers take time in the square of nesting, and a hostile page has much of it.

Started by ``page_reader`` as ``python -m orbweaver.detect.extraction.page_process PARENT``. It holds no secret and no
socket, and is ended when a page takes too long. Frames on both pipes: four bytes of length, then JSON (UTF-8); a
request is followed by the bytes of the page.
"""

from __future__ import annotations

import contextlib
import encodings
import importlib
import json
import os
import pkgutil
import resource
import signal
import sys
from dataclasses import asdict
from typing import Any, Final

from orbweaver.detect.extraction.documents import read_document
from orbweaver.detect.extraction.page import FoundMedia, Page
from orbweaver.fingerprints import sandbox
from orbweaver.platform.network.urls import parse

MEMORY: Final = 1024 * 2**20
"""Bytes of address space beyond what the process has when it starts: a page of 4 MB takes some 200 MB at worst."""


def as_json(page: Page) -> dict[str, Any]:
    """A page as JSON values."""
    return {
        "title": page.title,
        "headings": page.headings,
        "links": [link.normal for link in page.links],
        "near": page.near,
        "media": [asdict(medium) | {"url": medium.url.normal} for medium in page.media],
    }


def from_json(values: dict[str, Any]) -> Page:
    """The page that ``as_json`` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    return Page(
        title=str(values["title"]),
        headings=tuple(map(str, values["headings"])),
        media=tuple(FoundMedia(**(medium | {"url": parse(medium["url"])})) for medium in values["media"]),
        links=tuple(parse(link) for link in values["links"]),
        near=str(values["near"]),
    )


def load_charsets() -> None:
    """Load every charset now: once root is dropped, Python's own files may be out of reach."""
    for module in pkgutil.iter_modules(encodings.__path__):
        with contextlib.suppress(ImportError):  # those of other systems
            importlib.import_module(f"encodings.{module.name}")


def main(parent: int) -> None:
    """Protect, then serve until standard input ends."""
    load_charsets()
    read_document(b"<title>first</title>", parse("http://first.example/"))
    sandbox.die_with_parent(parent)
    sandbox.leave_network()
    sandbox.drop_root()
    sandbox.gain_nothing()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sandbox.limit(resource.RLIMIT_AS, sandbox.address_space() + MEMORY)
    sandbox.limit(resource.RLIMIT_CORE, 0)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sandbox.confine()
    requests = sys.stdin.buffer
    while head := requests.read(4):
        request = json.loads(requests.read(int.from_bytes(head, "big")))
        body = requests.read(request["size"])
        page = read_document(body, parse(request["url"]), request["content_type"])
        answer = json.dumps(as_json(page)).encode()
        answers.write(len(answer).to_bytes(4, "big") + answer)
        answers.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
