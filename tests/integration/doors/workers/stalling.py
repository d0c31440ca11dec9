"""A way to PostgreSQL, over TCP, that can be made to stall or to lose an answer."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass
class Line:
    """Forwards between a TCP port and the server's socket."""

    server: str
    port: int = 0
    flowing: threading.Event = field(default_factory=threading.Event)
    """While cleared nothing passes in either direction; connections stay."""
    loses_answer_to: bytes = b""
    """The answer to the next message that holds this is lost, with its connection."""

    ends: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.flowing.set()

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # closed: the test is over
                return
            server = socket.socket(socket.AF_UNIX)
            self.ends += (client, server)
            server.connect(self.server)
            for pair in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, to_server: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.flowing.wait()
                target.sendall(data)
                if to_server and self.loses_answer_to and self.loses_answer_to in data:
                    self.loses_answer_to = b""
                    self._lose(source, target)
                    return
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _lose(client: socket.socket, server: socket.socket) -> None:
        """End the client's side first, then give the server the time to do what it was told."""
        client.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_WR)
            while server.recv(65536):
                pass


@contextlib.contextmanager
def line_to(database_url: str) -> Iterator[Line]:
    """A line to the tests' server while the block lasts."""
    query = parse_qs(urlsplit(database_url).query)
    line = Line(f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line.port = listener.getsockname()[1]
        threading.Thread(target=line.serve, args=(listener,), daemon=True).start()
        yield line
        listener.shutdown(socket.SHUT_RDWR)
        line.flowing.set()
        for end in line.ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
