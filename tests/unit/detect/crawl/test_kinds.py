"""Kinds of site and walled gardens are told by rules that can be read."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.crawl.kinds import kind_of, kind_of_host, kind_rules, walled_garden_of, walled_gardens
from orbweaver.detect.crawl.models import Site


@pytest.mark.parametrize(
    ("host", "html", "kind"),
    [
        ("boards.4chan.org", "", "imageboard"),
        ("not4chan.org", "", "unknown"),
        ("i.imgur.com", "", "image_host"),
        ("forum.site.example", "", "forum"),
        ("forumsite.example", "", "unknown"),
        ("a.xxx", "", "adult"),
        ("t.me", "", "chat"),
        ("web.archive.org", "", "archive"),
        ("site.example", '<META NAME="generator" CONTENT="Discourse 3.2">', "forum"),
        ("site.example", "<meta content='vichan 5' name=generator>", "imageboard"),
        ("site.example", '<meta name="generator" content="WordPress 6">', "unknown"),
        ("site.example", "<p>Powered by phpBB", "forum"),
        ("site.example", '<meta name="rating" content="RTA-5042-1996-1400-1577-RTA">', "adult"),
        ("site.example", "<p>a page about forums", "unknown"),
        ("mega.nz", '<meta name="generator" content="phpBB">', "file_host"),
    ],
)
def test_the_kind_is_told_by_the_host_before_the_page(host: str, html: str, kind: str) -> None:
    assert kind_of(host, html.encode()) == kind


def test_every_rule_names_a_kind_that_a_site_can_have() -> None:
    assert {rule.kind for rule in kind_rules()} <= set(Site.Kind.values) - {"unknown"}
    assert len({rule.name for rule in kind_rules()}) == len(kind_rules())


def test_conditions_are_in_lower_case_as_they_are_compared() -> None:
    for rule in kind_rules():
        written = [*rule.hosts, *rule.labels, *rule.generator, *rule.hints]
        assert written == [each.lower() for each in written]


def test_every_walled_garden_has_a_reason_and_a_source() -> None:
    assert len(walled_gardens()) >= 10
    for garden in walled_gardens():
        assert garden.why in ("login", "private", "encrypted", "forbidden")
        assert garden.source.startswith("https://")
        assert garden.hosts


def test_a_host_within_a_walled_garden_is_known() -> None:
    garden = walled_garden_of("cdn.discordapp.com")
    assert garden is not None
    assert garden.name == "Discord"
    assert walled_garden_of("example.org") is None


@given(host=st.text(max_size=100), html=st.binary(max_size=500))
def test_nothing_is_too_odd(host: str, html: bytes) -> None:
    assert kind_of(host, html) in Site.Kind.values
    assert kind_of_host(host) in Site.Kind.values


@pytest.mark.parametrize("piece", [b"<meta ", b"<meta name=", b"<meta content='", b"name=generator "])
def test_a_large_page_is_told_quickly(piece: bytes) -> None:
    began = time.process_time()
    kind_of("site.example", piece * (1_000_000 // len(piece)))
    assert time.process_time() - began < 1.0
