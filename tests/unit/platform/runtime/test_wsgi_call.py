from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from orbweaver.platform.runtime.wsgi_call import Forwarding, Unreadable, call, environ_of, with_body

LOOPBACK = Forwarding((ipaddress.ip_network("127.0.0.0/8"),), {"X-FORWARDED-PROTO": "https", "X-FORWARDED-SSL": "on"})


def request(
    path: str = "/", headers: Iterable[tuple[str, str]] = (), *, method: str = "GET", peer: str = "127.0.0.1"
) -> web.BaseRequest:
    addresses: Mapping[str, tuple[str, int]] = {"peername": (peer, 4711), "sockname": ("127.0.0.1", 8431)}
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: addresses.get(name, default)
    return make_mocked_request(method, path, CIMultiDict(headers), transport=transport)


def test_a_request_becomes_what_wsgi_says() -> None:
    environ = environ_of(request("/s%C3%A9rie/a%2Fb?q=%20x", [("Host", "h"), ("Content-Type", "text/plain")]), LOOPBACK)
    assert environ["PATH_INFO"] == "/série/a/b".encode().decode("latin-1")
    assert environ["QUERY_STRING"] == "q=%20x"
    assert (environ["HTTP_HOST"], environ["CONTENT_TYPE"], environ["REMOTE_ADDR"]) == ("h", "text/plain", "127.0.0.1")
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("127.0.0.1", "8431")
    assert environ["wsgi.input"].read() == b""


def test_the_length_is_that_of_the_body_that_came() -> None:
    told = request(headers=[("Content-Length", "99"), ("Transfer-Encoding", "chunked")], method="POST")
    environ = with_body(environ_of(told, LOOPBACK), b"four")
    assert (environ["CONTENT_LENGTH"], environ["wsgi.input"].read()) == ("4", b"four")
    assert "HTTP_TRANSFER_ENCODING" not in environ


def test_a_header_that_would_pass_for_another_is_left_out_and_repeated_ones_are_joined() -> None:
    headers = [("X-Forwarded-For", "a"), ("X_Forwarded_For", "b"), ("X-Forwarded-For", "c"), ("Cookie", "d=1")]
    environ = environ_of(request(headers=[*headers, ("Cookie", "e=2")]), LOOPBACK)
    assert (environ["HTTP_X_FORWARDED_FOR"], environ["HTTP_COOKIE"]) == ("a,c", "d=1; e=2")


@pytest.mark.parametrize(
    ("headers", "peer", "scheme"),
    [
        ([], "127.0.0.1", "http"),
        ([("X-Forwarded-Proto", "https")], "127.0.0.1", "https"),
        ([("X-Forwarded-Proto", "http")], "127.0.0.1", "http"),
        ([("X-Forwarded-Ssl", "on")], "127.9.9.9", "https"),
        ([("X-Forwarded-Proto", "https")], "192.0.2.1", "http"),
        ([("X-Forwarded-Proto", "https")], "2001:db8::1", "http"),
    ],
)
def test_a_proxy_on_this_machine_says_the_scheme_and_nobody_else(
    headers: list[tuple[str, str]], peer: str, scheme: str
) -> None:
    assert environ_of(request(headers=headers, peer=peer), LOOPBACK)["wsgi.url_scheme"] == scheme


def test_what_contradicts_itself_or_is_no_address_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        environ_of(request(headers=[("X-Forwarded-Proto", "https"), ("X-Forwarded-Ssl", "off")]), LOOPBACK)
    with pytest.raises(Unreadable):
        environ_of(request("ftp://example.org/"), LOOPBACK)


def test_the_whole_answer_is_there_and_the_application_is_told_that_it_was_read() -> None:
    closed: list[bool] = []

    class Parts(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("201 Created", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return Parts([b"one", b"two"])

    answer = call(application, environ_of(request(), LOOPBACK))
    assert (answer.status, answer.reason, answer.body, closed) == (201, "Created", b"onetwo", [True])
    assert answer.headers == [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
