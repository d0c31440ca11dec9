"""A part that was asked to stop ends, also where the database neither answers nor hangs up.

A thread that waits for a server which was frozen, or for a network that swallows all, hears of nothing: no signal
reaches it, and the process would wait for it for ever. What is cut off then is as safe as after a crash.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


@contextmanager
def ended_in_time(within_s: float, exit_code: int = 0) -> Iterator[Callable[[], None]]:
    """Yields what to call once the process was asked to stop, also from a signal handler: where the block has not ended
    ``within_s`` seconds after that, the process ends with ``exit_code``."""
    asked, left = threading.Event(), threading.Event()

    def watch() -> None:
        asked.wait()
        if not left.wait(within_s):
            log.warning("Something waits for an answer that does not come, perhaps the database's: ended without it.")
            logging.shutdown()
            os._exit(exit_code)

    # started now: a signal handler may interrupt the start of another thread, and would wait for it for ever
    threading.Thread(target=watch, name="ending", daemon=True).start()
    try:
        yield asked.set
    finally:
        left.set()
        asked.set()
