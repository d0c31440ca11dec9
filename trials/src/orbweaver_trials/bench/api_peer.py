"""HMA's own path from an upload to its matches, to be served by gunicorn: ``threatexchange`` hashes and searches.

``ORBWEAVER_BENCH_HASHES`` names a file of PDQ hashes (uint8[n, 32], ``numpy.save``); they are loaded before the fork.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from orbweaver_trials.bench.result import peer

HASHES = "ORBWEAVER_BENCH_HASHES"


def application() -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The WSGI application, with its index."""
    signal = peer("threatexchange.signal_type.pdq.signal").PdqSignal
    index = signal.get_index_cls()()
    index.add_all((row.tobytes().hex(), number) for number, row in enumerate(np.load(os.environ[HASHES])))

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        found = []
        if length:
            signal_str = signal.hash_from_bytes(environ["wsgi.input"].read(length))
            found = [each.metadata for each in index.query(signal_str)] if signal_str else []
        body = json.dumps({"matches": found}).encode()
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return answer
