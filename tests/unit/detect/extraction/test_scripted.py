"""Which pages are drawn with a browser: shells that a script fills, and nothing else."""

from __future__ import annotations

import time

import pytest

from orbweaver.detect.extraction.extract import extract
from orbweaver.detect.extraction.page import Page
from orbweaver.detect.extraction.scripted import MAX_SHELL, needs_script, rule
from orbweaver.platform.network.urls import parse

SCRIPT = "<script src='/app.js'></script>"
LONG = "<p>" + "words of a page that can be read as it is " * 10 + "</p>"


def asks(html: str) -> bool:
    body = html.encode()
    return needs_script(body, extract(body, parse("http://site.example/")))


@pytest.mark.parametrize("mount", sorted(rule().mounts))
def test_an_empty_mount_of_a_framework_is_drawn(mount: str) -> None:
    assert asks(f"<title>Shell</title><div id='{mount}'></div>{SCRIPT}")


@pytest.mark.parametrize("phrase", rule().phrases)
def test_a_page_that_asks_for_a_script_is_drawn(phrase: str) -> None:
    assert asks(f"<body>{SCRIPT}<noscript>Please: {phrase.upper()}!</noscript></body>")


def test_a_spinner_and_a_preview_picture_do_not_hide_a_shell() -> None:
    head = "<meta property='og:image' content='/preview.jpg'>"
    assert asks(f"{head}<div id=root><span>Loading…</span></div>{SCRIPT}")


@pytest.mark.parametrize(
    "html",
    [
        f"<div id=root></div>{SCRIPT}{LONG}",
        f"<div id=root></div>{SCRIPT}" + "".join(f"<a href='/{n}'>{n}</a>" for n in range(4)),
        f"<div id=root></div>{SCRIPT}" + "".join(f"<img src='/{n}.jpg'>" for n in range(3)),
        "<div id=root></div>",
        f"<p>short</p>{SCRIPT}",
        "",
        f"<div id=root></div>{SCRIPT}" + " " * MAX_SHELL,
    ],
    ids=["text", "links", "pictures", "no script", "no sign of a framework", "nothing at all", "too large for a shell"],
)
def test_a_page_that_can_be_read_as_it_is_is_not_drawn(html: str) -> None:
    assert not asks(html)


def test_scripts_and_styles_may_be_long_as_they_are_not_parsed() -> None:
    data = "<script>" + "x" * 100_000 + "</script><STYLE >" + "y" * 50_000 + "</style><style-guide></style-guide>"
    assert asks(f"{data}<div id=root></div>{SCRIPT}")
    assert asks(f"<div id=root></div>{SCRIPT}<script>" + "never closed" * 1000)


HOSTILE = ["<div>", "<b id=root>x", "<p id=root>", "<script>", "<style ", "<script></script>x"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_shell_takes_little_time(piece: str) -> None:
    body = (SCRIPT + piece * (MAX_SHELL // len(piece))).encode()[:MAX_SHELL]
    began = time.process_time()
    needs_script(body, Page())
    assert time.process_time() - began < 2.0


def test_a_mount_that_the_server_has_filled_is_not_drawn() -> None:
    assert not asks(f"<div id=__next>{LONG}</div>{SCRIPT}")
