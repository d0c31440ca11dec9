"""The process of which the parts of ``orbweaver up`` are forks: ``python -m orbweaver.doors.template SOCKET``.

It loads what parts have in common and serves (``platform.runtime.template``). Modules that keep figures for several
processes together, and what one part alone needs, are left to the parts.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import socket
import sys
from typing import Final

import django

from orbweaver.detect.fetching.tls import client_context
from orbweaver.doors.cli import made_ready
from orbweaver.platform.runtime.heap import give_back
from orbweaver.platform.runtime.jsonlogs import are_json, be_part, write_crashes
from orbweaver.platform.runtime.template import serve

M_ARENA_MAX: Final = -8  # <malloc.h>
HEAPS: Final = 2
"""Heaps of a process for all of its threads. A worker has twenty: each would have a heap of its own, seldom full."""
LOADED: Final = (
    "orbweaver.doors.cli.api",
    "orbweaver.doors.cli.copies",
    "orbweaver.doors.cli.crawl",
    "orbweaver.doors.cli.run",
    "orbweaver.doors.cli.worker",
    "orbweaver.doors.urls",
    "orbweaver.doors.workers.due",
    "orbweaver.doors.workers.copies",
    "orbweaver.doors.industry.serving",
    "orbweaver.assess.terms.page_watch",
    "orbweaver.detect.drawing.browser",
    "orbweaver.detect.extraction.page_reader",
    "orbweaver.detect.visiting.visitor",
    "orbweaver.people.audit.separation",
    "orbweaver.platform.runtime.half_restored",
    "orbweaver.platform.runtime.installation",
    "orbweaver.platform.runtime.migrate",
    "orbweaver.platform.runtime.webserver",
    "encodings.ascii",
    "encodings.idna",
    "rich._emoji_codes",
)
"""By name, as a door imports no other and nothing here is called. Without the crawler's own module, whose figures have
no labels: they would be nought in every part."""


def load() -> None:
    """Everything, once, and out of the garbage collector's sight, which would write on each page that is shared."""
    ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # else numpy begins with threads, and what has threads cannot be forked
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orbweaver.platform.django_settings")
    django.setup()
    for name in LOADED:
        importlib.import_module(name)
    client_context()  # the authorities of the web, which most parts ask
    gc.collect()
    gc.freeze()
    give_back()


def run(descriptor: int) -> None:
    """Serve; in each part, be the command that was asked for."""
    be_part("template")
    if are_json():
        write_crashes()
    load()
    with socket.socket(fileno=descriptor) as channel:
        part = serve(channel, made_ready)
    part()


if __name__ == "__main__":
    run(int(sys.argv[1]))
