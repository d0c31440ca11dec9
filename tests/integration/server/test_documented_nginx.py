"""A real nginx with the lines of the guide to the onion service: what a survivor sends passes, and stays on no disk."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.onion_proxy import Proxy, documented, documented_nginx

from .conftest import Server
from .wire import Answer, Connection, head

pytestmark = pytest.mark.django_db(transaction=True)

MB = 2**20
BOUNDARY = "frontier"
PARTS = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
TYPED = {"Content-Type": "application/x-www-form-urlencoded"}
BUFFERING = ("proxy_request_buffering off;", "proxy_max_temp_file_size 0;")
"""The lines that keep what people send, and what they are answered, off the proxy's disk."""


@pytest.fixture(autouse=True)
def _needs_nginx() -> None:
    if shutil.which("nginx") is None:
        pytest.skip("No nginx on this machine: the documented lines for a proxy were NOT tested.")


@pytest.fixture
def proxy(server: Server, tmp_path: Path) -> Iterator[Proxy]:
    with documented_nginx(tmp_path, server.port) as started:
        yield started


@pytest.fixture
def careless(server: Server, tmp_path: Path) -> Iterator[Proxy]:
    """The same without the lines about its disk."""
    lines = "\n".join(each for each in documented("server {").splitlines() if not each.strip().startswith(BUFFERING))
    with documented_nginx(tmp_path, server.port, lines) as started:
        yield started


def form_with(size: int, **fields: str) -> bytes:
    """The body of a form that brings a photo of so many bytes."""
    parts = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    parts += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="document"; filename="a.jpg"\r\n\r\n'
    return parts.encode() + b"\xff\xd8\xff\xe1" + b"a" * size + f"\r\n--{BOUNDARY}--\r\n".encode()


def sent(proxy: Proxy, path: str, kind: dict[str, str], body: bytes, *, reads_after_s: float = 0.0) -> Answer:
    """The answer to a form of which the second half comes late; nothing of it may lie on the disk of the proxy."""
    with Connection(proxy.port, timeout=60) as connection:
        connection.send(head("POST", path, kind | {"Content-Length": str(len(body))}))
        connection.send(body[: len(body) // 2])
        time.sleep(0.3)
        assert proxy.held() == []
        connection.send(body[len(body) // 2 :])
        time.sleep(reads_after_s)
        assert proxy.held() == []
        return connection.answer()


def test_a_proof_of_an_age_passes_whole_and_one_that_is_too_large_is_said_by_the_page(proxy: Proxy) -> None:
    fields = {"brought_by": "person", "words": "It was my birthday.", "form": "1"}
    taken = sent(proxy, "/info/proof/", PARTS, form_with(8 * MB, **fields))
    assert taken.status == 200
    assert b"Two people in our team look at what you sent" in taken.body
    large = sent(proxy, "/info/proof/", PARTS, form_with(12 * MB, **fields))
    assert large.status == 413
    assert b'id="id_document_error">The document is larger than 10 MB' in large.body
    assert b"It was my birthday." in large.body
    keys = {"reference": "0000000000", "secret": "aaaa", "form": "x"}
    again = sent(proxy, "/info/follow/proof/", PARTS, form_with(8 * MB, **keys, words="It was my birthday."))
    assert again.status == 400, "taken in, and not opened by a wrong number"
    assert b'id="progress"' in again.body


@pytest.mark.sweep
def test_the_other_forms_pass_and_an_answer_that_repeats_much_is_kept_in_memory_alone(proxy: Proxy) -> None:
    asked = {"capacity": "adult", "danger": "no", "aim": "picture", "form": "1", "words": "My words"}
    assert sent(proxy, "/info/ask/", TYPED, urlencode(asked).encode()).status == 200
    many = "\n".join(["https://images.example/me.png"] * 5000)
    answer = sent(proxy, "/info/ask/", TYPED, urlencode({**asked, "urls": many}).encode(), reads_after_s=1.0)
    assert answer.status == 400, "more addresses than we take"
    assert len(answer.body) > 5000 * 29
    follow = urlencode({"reference": "1", "secret": "2", "form": "x"}).encode()
    assert sent(proxy, "/info/follow/", TYPED, follow).status == 400
    for path in ("/", "/sign-in/", "/public/", "/metrics"):
        with Connection(proxy.port) as connection:
            connection.send(head("GET", path))
            answer = connection.answer("GET")
        assert (answer.status, answer.headers.get("Location", "")) == ((302, "/info/") if path == "/" else (404, ""))


def test_without_these_lines_it_would_lie_on_the_disk(careless: Proxy) -> None:
    """What is looked for can be seen: nginx as it is by itself writes both down."""
    body = form_with(8 * MB, brought_by="person", words="It was my birthday.", form="2")
    with pytest.raises(AssertionError, match="client_body"):
        sent(careless, "/info/proof/", PARTS, body)
