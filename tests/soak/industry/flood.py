"""``flood.py PORT KEY COUNT``: so many uploads that begin and wait, until each is let go of or 20 s have passed.

A process of its own, so that it holds up no honest client. Prints what became of them as JSON.
"""

from __future__ import annotations

import json
import resource
import select
import socket
import sys
import time
from collections import Counter

HOLD_S = 20.0
BEGUN = 30_000


def begin(port: int, key: str, count: int) -> list[socket.socket]:
    """Those that got a connection, each with the head and some of the body sent."""
    head = f"POST /v1/media/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: 60000000\r\n\r\n"
    begun, made = head.encode() + b"x" * BEGUN, []
    for _ in range(count):
        connection = socket.socket()
        connection.settimeout(10)
        try:
            connection.connect(("127.0.0.1", port))
            connection.setblocking(False)
            connection.send(begun)
        except OSError:
            connection.close()
            continue
        made.append(connection)
    return made


def ends(connections: list[socket.socket]) -> Counter[str]:
    """How each ends: the status of its answer, or without one."""
    poll, open_still, found = select.poll(), {each.fileno(): each for each in connections}, Counter[str]()
    for handle in open_still:
        poll.register(handle, select.POLLIN)
    end = time.monotonic() + HOLD_S
    while open_still and time.monotonic() < end:
        for handle, _ in poll.poll(200):
            connection = open_still.pop(handle)
            poll.unregister(handle)
            try:
                came = connection.recv(4096)
            except OSError:
                came = b""
            found[came[9:12].decode("latin-1") or "none"] += 1
            connection.close()
    found["waiting still"] = len(open_still)
    return found


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    there = begin(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    print(json.dumps({"begun": len(there), "answers": ends(there)}))
