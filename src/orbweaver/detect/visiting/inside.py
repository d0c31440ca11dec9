"""Pictures within what was fetched: members of archives, and those that a page holds in itself (``data:``)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from orbweaver.detect.crawl.queries import is_query_page
from orbweaver.detect.extraction.extractors.protocol import InnerFile, Left
from orbweaver.detect.extraction.extractors.registry import container_for
from orbweaver.detect.fetching.errors import PARTLY
from orbweaver.fingerprints import Fingerprints

LONGEST_S: Final = 300.0
"""Seconds for all that one body holds; what is left then stays unseen, which is said. An archive of a thousand
animations that take a decoder's whole time would keep it for hours; a thousand pictures take half a minute."""


@dataclass(frozen=True, slots=True)
class Inside:
    """A picture or video within a body, with its fingerprints; its bytes are unpacked again when it is recorded."""

    file: InnerFile
    prints: Fingerprints


async def look_inside(
    body: bytes, mime: str | None, url: str, decode: Callable[[bytes], Awaitable[Fingerprints]]
) -> tuple[list[Inside], str]:
    """Fingerprints of all that a body holds, one file in memory at a time, unpacked off the event loop, and why a part
    of it was not looked at: one of ``fetching.errors.PARTLY``, or nothing.

    The results of a search hold thumbnails in themselves; as such a page is never notified, they are left alone.
    """
    container = container_for(body, mime)
    if container is None or (mime != "application/zip" and is_query_page(url)):
        return [], ""
    files = container.files(body)
    inside: list[Inside] = []
    left: set[str] = set()
    ends = time.monotonic() + LONGEST_S
    while time.monotonic() < ends:
        found = await asyncio.to_thread(next, files, None)
        if found is None:
            break
        if isinstance(found, Left):
            left.add(found.value)
        else:
            inside.append(Inside(found[0], await decode(found[1])))
    else:
        left.add(Left.CUT.value)
    return inside, next((reason for reason in PARTLY if reason in left), "")
