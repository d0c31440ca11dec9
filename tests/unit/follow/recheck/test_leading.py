"""Where browsers go on by themselves from an answer."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.follow.recheck.leading import leads_on
from orbweaver.platform.network.urls import parse

BASE = parse("http://host.example/a/1.png")


@pytest.mark.parametrize(
    ("headers", "body", "to"),
    [
        ({"Refresh": "0; url=/b.png"}, b"", "http://host.example/b.png"),
        ({"Refresh": "5;URL='b.png'"}, b"", "http://host.example/a/b.png"),
        ({"Refresh": "0,http://other.example/"}, b"", "http://other.example/"),
        ({"Refresh": "5"}, b"", None),
        ({"Refresh": "0; url=/a/1.png"}, b"", None),
        ({"Refresh": "0; url=http://"}, b"", None),
        ({}, b"<META content='0; url=/c.png' HTTP-EQUIV=Refresh>", "http://host.example/c.png"),
        ({}, b'<meta http-equiv="refresh" content="3;url=d.png">', "http://host.example/a/d.png"),
        ({}, b'<meta name="refresh" content="3;url=d.png">', None),
        ({}, b"<p>Refresh: 0; url=/e.png</p>", None),
    ],
)
def test_the_header_and_the_element_of_html(headers: dict[str, str], body: bytes, to: str | None) -> None:
    found = leads_on(headers, body, BASE)
    assert (found.normal if found else None) == to


@given(st.text(), st.binary())
def test_nothing_that_a_host_sends_breaks_it(header: str, body: bytes) -> None:
    leads_on({"Refresh": header}, b"<meta http-equiv=refresh content=" + body, BASE)


def test_no_page_makes_it_slow() -> None:
    begun = time.perf_counter()
    leads_on({}, b"<meta http-equiv=refresh " * 5_000, BASE)
    leads_on({}, b"<meta " * 20_000, BASE)
    assert time.perf_counter() - begun < 5
