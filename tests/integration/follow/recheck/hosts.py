"""Web servers on loopback that answer as a test says, a proxy with another view of them, and pictures."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

Answer = tuple[int, bytes] | tuple[int, bytes, dict[str, str]]
Wiles = Callable[[Message], Answer]
"""An answer that depends on the headers of who asks."""


def picture(seed: int, size: int = 256, form: str = "PNG") -> bytes:
    """A smooth pattern, the same at any size for the same seed."""
    image = Image.radial_gradient("L").rotate(seed * 40).crop((seed * 9, 20, 180 + seed * 9, 200))
    image = Image.merge("RGB", (image, image.transpose(Image.Transpose.ROTATE_90), image.rotate(seed * 77)))
    out = io.BytesIO()
    image.resize((size, size)).save(out, form)
    return out.getvalue()


class Site:
    """A web server with a front page: ``answers[path]`` is a status, a body and headers; ``otherwise`` answers other
    paths.

    ``wiles[path]`` goes before both and sees the headers. ``asked`` and ``heard`` keep the paths and the headers.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {"/": (200, b"<h1>Pictures</h1>", {"Content-Type": "text/html"})}
        self.otherwise: Callable[[str], Answer] = lambda path: (404, b"no")
        self.wiles: dict[str, Wiles] = {}
        self.asked: list[str] = []
        self.heard: list[Message] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.heard.append(self.headers)
                status, body, *more = site.answer(self.path, self.headers)
                self.send_response(status)
                for name, value in more[0].items() if more else ():
                    self.send_header(name, value)
                if status in (301, 302):
                    self.send_header("Location", body.decode())
                    body = b""
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.base = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def answer(self, path: str, headers: Message) -> Answer:
        """What this request gets."""
        if path in self.wiles:
            return self.wiles[path](headers)
        return self.answers.get(path) or self.otherwise(path)

    def close(self) -> None:
        if not self._thread.is_alive():
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextlib.contextmanager
def proxy_to(port: int) -> Iterator[str]:
    """An HTTP proxy for which every host is the server at ``port``: the same addresses, seen from elsewhere."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=join, args=(client,), daemon=True).start()

    def join(client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", port)) as server, contextlib.suppress(OSError):
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += client.recv(4096)
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=pump, args=(server, client), daemon=True)
            back.start()
            pump(client, server)
            back.join()

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


@contextlib.contextmanager
def proxy_that_says(*answers: bytes, scheme: str = "http") -> Iterator[str]:
    """A proxy that leads nowhere: it says these, one after each thing that it is told, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    threading.Thread(target=talk, args=(client,), daemon=True).start()

        def talk(client: socket.socket) -> None:
            with client, contextlib.suppress(OSError):
                for answer in answers or (b"",):
                    client.recv(4096)
                    client.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@contextlib.contextmanager
def slow_proxy(*, says_of_nobody: bool) -> Iterator[str]:
    """An HTTP proxy that leaves whoever asks for a host waiting; of a name that nobody has it may say so at once."""
    asked: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    asked.append(client)
                    if b".invalid:" in client.recv(4096) and says_of_nobody:
                        client.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    for client in asked:
        client.close()
