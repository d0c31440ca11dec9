"""Where browsers go on by themselves from an answer, and what they show within it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.follow.recheck.leading import MOST, frames, hides_where, leads_on, named_in_json, named_in_scripts
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
        ({}, b'<base href="/v/"><meta http-equiv=refresh content="0; url=f.png">', "http://host.example/v/f.png"),
        ({}, b'<script>location.href="/g.png"</script>', "http://host.example/g.png"),
        ({}, b"<script>setTimeout(function(){window.location='h.png'},9)</script>", "http://host.example/a/h.png"),
        ({}, b"<script>document.location.replace('/i.png');</script>", "http://host.example/i.png"),
        ({}, b"<body onload=\"top.location.assign('/j.png')\">", "http://host.example/j.png"),
        ({}, b"<script>window['location']='/k.png'</script>", "http://host.example/k.png"),
        ({}, b"<script>if (location.href == '/k.png') go()</script>", None),
        ({}, b"<script>location='/a?from='+location.href</script>", None),
        ({}, b'<div data-location="/l.png">', None),
    ],
)
def test_the_header_and_the_element_of_html(headers: dict[str, str], body: bytes, to: str | None) -> None:
    found = leads_on(headers, body, BASE)
    assert [each.normal for each in found] == ([to] if to else [])


def test_frames_are_shown_within_a_page_those_for_browsers_without_scripts_are_not() -> None:
    html = b"<iframe class=x src='/view/1'></iframe><noscript><iframe src=/count></iframe></noscript><frame src=b>"
    assert [each.normal for each in frames(html, BASE)] == ["http://host.example/view/1", "http://host.example/a/b"]
    assert len(frames(b"".join(b"<iframe src=/%d>" % number for number in range(50)), BASE)) == MOST


@pytest.mark.parametrize(
    ("html", "hides"),
    [
        (b"<title>App</title><div id=root></div><script src=/app.js></script>", True),
        (b"<noscript>This needs scripts</noscript><script src=/app.js></script>", True),
        (b"<h1>Not Found</h1><script>location.replace(atob('L3Y='))</script>", True),
        (b"<h1>Not Found</h1><script>location = `/v/${name}`</script>", True),
        (b"<h1>Not Found</h1><script src=/beacon.js></script>", False),
        (b"<h1>Not Found</h1><script>location.href = '/'</script>", False),
        (b"", False),
    ],
)
def test_a_page_of_scripts_alone_and_a_way_that_is_not_written_out_hide_where_it_leads(
    html: bytes, hides: bool
) -> None:
    assert hides_where(html) is hides


@pytest.mark.parametrize(
    "html",
    [
        b"<script>document.write('<img src=\"/b.png\">')</script>",
        b'<script>var shown = "\\/b.png"</script>',
        b'<iframe srcdoc="&lt;img src=&quot;/b.png&quot;&gt;"></iframe>',
        b"<p onload='x()' style='background:url(/b.png)'>",
    ],
)
def test_what_scripts_may_write_is_named_in_them(html: bytes) -> None:
    assert [each.normal for each in named_in_scripts(html, BASE)] == ["http://host.example/b.png"]


def test_a_page_without_scripts_writes_nothing() -> None:
    assert named_in_scripts(b"<p>'/b.png'</p>", BASE) == []


def test_an_answer_in_json_may_name_where_the_picture_is() -> None:
    assert [each.normal for each in named_in_json(b'{"status": 404, "at": ["/b.png", "no address"]}', BASE)] == [
        "http://host.example/b.png"
    ]
    assert named_in_json(b"<p>/b.png</p>", BASE) == []
    assert named_in_json(b"[" * 60_000, BASE) == []


@given(st.text(), st.binary())
def test_nothing_that_a_host_sends_breaks_it(header: str, body: bytes) -> None:
    for page in (b"<meta http-equiv=refresh content=" + body, b"<iframe src=" + body, b"location=" + body):
        leads_on({"Refresh": header}, page, BASE)
        frames(page, BASE)
        hides_where(page)
        named_in_json(page, BASE)
        named_in_scripts(b"<script>" + page, BASE)


def test_no_page_makes_it_slow() -> None:
    begun = time.perf_counter()
    leads_on({}, b"<meta http-equiv=refresh " * 5_000, BASE)
    for page in (b"<meta " * 20_000, b"<noscript" * 20_000, b"<title" * 20_000, b"location " * 20_000):
        leads_on({}, page, BASE)
        frames(page, BASE)
        hides_where(page)
    assert time.perf_counter() - begun < 5
