"""Pages of mail are read apart; what goes wrong there costs their layout and nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.smuggled import OUT_OF_REACH, WITHOUT_SECCOMP, smuggle

from orbweaver.notify.notices.answers import walled
from orbweaver.notify.notices.answers.page_text import page_text

MAIL = "<p>It is <b>gone</b>.</p><blockquote>You wrote: remove it</blockquote><script>no text</script>"
SAID = "It is gone.\n\n> You wrote: remove it"
BROKEN = """
import os, time, orbweaver.notify.notices.answers.page_text as mail
real = mail.page_text
def broken(html):
    if "kill" in html:
        os._exit(1)
    while "hang" in html:
        pass
    return "x" * 2**23 if "long" in html else real(html)
mail.page_text = broken
"""


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    walled._forget()
    yield
    walled._forget()


def test_a_page_of_mail_is_read_as_it_would_be_here() -> None:
    assert walled.html_text(MAIL) == page_text(MAIL)
    assert "> You wrote: remove it" in walled.html_text(MAIL)
    assert walled.html_text(" ") == ""
    assert walled.html_text("<p>日本語 \ud800</p>") == "日本語 ?"


def test_many_threads_each_hear_their_own() -> None:
    said: dict[int, str] = {}

    def ask(number: int) -> None:
        said[number] = walled.html_text(f"<p>{number}</p>")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert said == {number: str(number) for number in range(20)}


@pytest.mark.parametrize("harm", ["kill", "hang", "long"])
@pytest.mark.sampled(1)
def test_a_page_that_harms_its_reader_is_told_without_its_layout_and_the_next_one_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    smuggle(monkeypatch, tmp_path, BROKEN)
    monkeypatch.setattr(walled, "TIMEOUT_S", 1.0)
    assert walled.html_text(f"<p>{harm} it</p><style>p {{}}</style><p>A &amp; B") == f"{harm} it\nA & B"
    assert walled.html_text(MAIL) == page_text(MAIL)


def test_a_process_that_ended_at_rest_is_replaced() -> None:
    assert walled.html_text("<p>one</p>") == "one"
    walled._mine["process"].walled.process.kill()
    walled._mine["process"].walled.process.wait()
    assert walled.html_text("<p>two</p>") == "two"


def test_without_walls_no_page_meets_the_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smuggle(monkeypatch, tmp_path, WITHOUT_SECCOMP)
    assert walled.html_text(MAIL) == "It is\ngone\n.\nYou wrote: remove it"


def test_pages_are_read_where_the_files_of_python_are_out_of_reach_without_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    smuggle(monkeypatch, tmp_path, OUT_OF_REACH)
    assert walled.html_text(MAIL) == page_text(MAIL)


@pytest.mark.parametrize("html", ["<" * 200_000, "<!--" * 50_000, "<script>" * 30_000, "<a " + "x" * 100_000])
@pytest.mark.sampled(2)
def test_what_python_alone_reads_takes_no_time_either(html: str) -> None:
    began = time.process_time()
    walled.without_tags(html)
    assert time.process_time() - began < 5.0
