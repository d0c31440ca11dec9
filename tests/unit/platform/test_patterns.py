"""An expression that somebody brings takes time that grows with the text alone, and means what Python's means."""

from __future__ import annotations

import re
import time
import tomllib
from collections.abc import Iterator
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.detect.crawl.queries import QUERIES, is_query_page
from orbweaver.doors.rule_tables import TABLES
from orbweaver.platform.network.cdns import CDNS, cdns_before
from orbweaver.platform.patterns import MOST_WRITTEN_OUT, beginning, whole, within, written_out
from orbweaver.platform.rule_tables import Laid, Own, TableUnusable, adopt, forget

HEAD = 'version = "own-1"\nas_of = 2026-11-28\nsource = "ours"\nowner = "we"\n'
ENDLESS = "(?:(?:a+)+)+b"
TEXTS = st.text(alphabet="a./-?0é\nbS", max_size=30).filter(lambda text: not text.endswith("\n"))
"""Before a line end that is the last sign Python sees an end as well."""


@pytest.fixture(autouse=True)
def _as_packaged() -> Iterator[None]:
    yield
    forget()


def own(table: str, row: str) -> None:
    adopt({table: Own(Laid.OVER, HEAD + row)})


def test_no_address_holds_a_process_by_an_expression_of_ours() -> None:
    own("queries", f"[[rule]]\nname = \"endless\"\nhost = '{ENDLESS}'\npath = '/{ENDLESS}'\n")
    began = time.perf_counter()
    assert not is_query_page("https://" + "a" * 26 + "/x?q=")
    assert not is_query_page("https://b.example/" + "a" * 26 + "c")
    assert time.perf_counter() - began < 1


def test_no_header_holds_a_process_by_an_expression_of_ours() -> None:
    row = f'[[cdns]]\nname = "Ours"\nsource = "we"\nas_of = 2026-11-28\nheaders = {{ server = \'{ENDLESS}\' }}\n'
    own("cdns", row)
    began = time.perf_counter()
    assert cdns_before([("Server", "a" * 26)]) == {}
    assert time.perf_counter() - began < 1
    assert cdns_before([("Server", "aab")]) == {"Ours": ["server"]}


def test_the_dearest_expression_that_is_taken_is_quick_on_the_longest_text() -> None:
    asked = within("[a-z]{0,300}[a-z]{0,300}[a-z]{0,300}\\d")
    began = time.perf_counter()
    assert not asked("a" * 2_000)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("(", "unclosed group"),
        ("[a-z", "unclosed character class"),
        ("a)|(?:b", "unopened group"),
        (r"(a)\1", "backreferences are not supported"),
        ("(?=a)b", "look-around"),
        ("(?x) a { 9 } # b", "blanks and comments"),
        ("(?:(?:a?){0,1000}){0,30}b", "repetitions written out"),
        ("a{1001}", "repetitions written out"),
        (r"\w{51}", "repetitions written out"),
        ("a{100}{100}", "repetitions written out"),
        ("a" * 1001, "repetitions written out"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line_before_anybody_agrees(expression: str, why: str) -> None:
    row = f"[[rule]]\nname = \"fine\"\npath = '/x'\n[[rule]]\nname = \"bad\"\npath = '{expression}'\n"
    with pytest.raises(TableUnusable, match=f"[Ll]ine 8.*{re.escape(why)}"):
        QUERIES.check(Own(Laid.OVER, HEAD + row))


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("queries", "[[rule]]\nname = \"{}\"\npath = '{}'\n"),
        (
            "cdns",
            '[[cdns]]\nname = "{}"\nsource = "we"\nas_of = 2026-11-28\nheaders = {{ via = \'{}\' }}\n',
        ),
    ],
    ids=["queries", "cdns"],
)
def test_a_table_of_thousands_is_refused_before_any_is_read(table: str, row: str) -> None:
    text = HEAD + "".join(row.format(number, rf"\w{{{10 + number % 40}}}") for number in range(2_000))
    began = time.perf_counter()
    with pytest.raises(TableUnusable, match="their repetitions written out"):
        TABLES[table].check(Own(Laid.WHOLE, text))
    assert time.perf_counter() - began < 20


@given(TEXTS)
def test_they_mean_what_they_mean_to_python(text: str) -> None:
    for expression in (r"a+\b", r"(?:[ab]+\.)?a[.b]{1,3}", r"/(?:[^/]{1,4}/)?$", r"\w\d?s", "(?:ab|a)(?:b|$)"):
        assert within(expression)(text) == bool(re.search(expression, text, re.IGNORECASE))
        assert beginning(expression)(text) == bool(re.match(expression, text, re.IGNORECASE))
        assert whole(expression)(text) == bool(re.fullmatch(expression, text))


def test_all_of_ours_can_be_used_and_are_far_from_what_is_too_much() -> None:
    rules = tomllib.loads(files("orbweaver").joinpath(QUERIES.file).read_text())["rule"]
    ours = [each[name] for each in rules for name in ("host", "path") if name in each]
    ours += [each for cdn in CDNS.in_force() for each in cdn.headers.values()]
    assert max(written_out(each) for each in ours) < MOST_WRITTEN_OUT


@pytest.mark.parametrize(
    ("expression", "size"),
    [
        ("a{2,3}", 3),
        ("[^]a-z]{3}", 3),
        (r"\{5,6\}", 5),
        ("(?:ab){10,}c", 31),
        (r"\p{L}{4}", 80),
        (r"[\w-]{2}", 40),
        ("(a{2}){3}", 6),
    ],
)
def test_repetitions_are_counted_written_out(expression: str, size: int) -> None:
    assert written_out(expression) == size
