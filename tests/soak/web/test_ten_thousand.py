"""Ten thousand connections that begin and wait: pages are answered meanwhile, and memory has a bound."""

from __future__ import annotations

import http.client
import resource
import socket
import time
from collections.abc import Callable
from statistics import median

import pytest
from tests.integration.server.conftest import served

CONNECTIONS = 10_000
ASKED = 40
MOST_MB = 400
"""Beyond what the server holds at rest, for all its processes: 40 KB a connection."""
BEGINNING = b"POST /public/report/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\nX-Slow: "


def ask(port: int) -> float:
    """Seconds until a page has come whole."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/public/how/")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200
    finally:
        connection.close()
    return time.monotonic() - began


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_pages_are_answered_beside_ten_thousand_connections_and_memory_is_bounded(
    database_url: str, soak_figures: Callable[..., None]
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < CONNECTIONS + 500:
        pytest.skip(f"{hard} open files are too few here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients: list[socket.socket] = []
    try:
        with served(database_url, {"web_head_timeout_s": 120}, ()) as server:
            ask(server.port)
            at_rest, began = server.memory(), time.monotonic()
            for number in range(CONNECTIONS):
                # from many addresses of loopback, as ports of one are fewer than these
                client = socket.create_connection(
                    ("127.0.0.1", server.port), timeout=60, source_address=(f"127.0.1.{1 + number % 50}", 0)
                )
                client.sendall(BEGINNING)
                clients.append(client)
            opened_s = time.monotonic() - began
            times = sorted(ask(server.port) for _ in range(ASKED))
            grown = (server.memory() - at_rest) / 2**20
            handles = sum(process.num_fds() for process in server.processes())
    finally:
        for client in clients:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    soak_figures(
        connections=CONNECTIONS,
        opened_in_s=round(opened_s, 1),
        open_handles_of_the_server=handles,
        page_s={"median": round(median(times), 3), "longest": round(times[-1], 3)},
        grown_mb=round(grown),
    )
    assert times[-1] < 30
    assert grown < MOST_MB
