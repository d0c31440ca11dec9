"""Decoder processes that the tests of one run share: each costs more to start than the crawl of a test's small site.

What a command starts as a process of its own, and tests of the pool itself, have decoders of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from orbweaver.detect.media import decoders
from orbweaver.fingerprints.pool import DecoderPool


class SharedPool(DecoderPool):
    """A pool that outlives whoever is done with it."""

    def close(self) -> None:
        """Nothing: others go on with it. ``end`` ends it."""

    def end(self) -> None:
        """End its processes."""
        super().close()


@contextmanager
def shared_decoders() -> Iterator[None]:
    """Meanwhile one pool serves all who ask in this process for one of the same size and limits."""
    pools: dict[tuple[object, ...], SharedPool] = {}

    def shared(workers: int, ready: int | None = None, **limits: Any) -> SharedPool:  # who asks second finds them up
        asked = (workers, *sorted(limits.items()))
        if asked not in pools:
            pools[asked] = SharedPool(workers, **limits)
        return pools[asked]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoders, "DecoderPool", shared)
        yield
    for pool in pools.values():
        pool.end()
