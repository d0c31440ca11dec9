"""What counts is written once: triggers, what they watch, pages and documents follow from it."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields

from orbweaver.account_for.transparency import datasets, headline, hosts, tallies, yearly
from orbweaver.account_for.transparency.figures import ADDRESS, ADDRESS_FROM, FIGURES, PARTS
from orbweaver.account_for.transparency.headline import HEADLINES
from orbweaver.account_for.transparency.models import NotifiedAddress
from orbweaver.account_for.transparency.selectors import Figures
from orbweaver.account_for.transparency.triggers import TRIGGERS, rendered

NEVER_CHANGED = {"id", "route"}
"""Read of what an address is made of, but the same as long as the row is there."""

ALIASES = {"notices_noticeurl": "uo", "notices_notice": "nf", "review_verdict": "wv"}
"""The names that these tables have where an address is put together."""


def test_the_triggers_are_written_from_the_definition() -> None:
    assert TRIGGERS.read_text(encoding="utf-8") == rendered(), "Run: make structure"


def test_an_address_has_the_columns_of_its_table() -> None:
    assert list(ADDRESS) == [field.column for field in NotifiedAddress._meta.fields]


def test_all_that_an_address_is_made_of_is_watched() -> None:
    made = ADDRESS_FROM + " ".join(ADDRESS.values())
    watched = {part.rows.table: set(part.columns) for part in PARTS}
    for table, aliases in ALIASES.items():
        read = set(re.findall(rf"\b[{aliases}]\.(\w+)", made))
        assert read - watched[table] <= NEVER_CHANGED, table
        assert watched[table] <= read, table


def test_each_figure_has_a_name_and_a_sentence_of_its_own() -> None:
    assert len({each.name for each in FIGURES}) == len({each.says for each in FIGURES}) == len(FIGURES)
    assert all(each.says.endswith(".") for each in FIGURES)


def test_each_headline_figure_is_said_once_and_read_from_tallies_that_there_are() -> None:
    assert [each.key for each in HEADLINES] == list(dict.fromkeys(each.key for each in HEADLINES))
    assert {each.key for each in HEADLINES} == {field.name for field in fields(Figures)} - {"at"}
    assert {name for each in HEADLINES for name in each.tallies} <= {each.name for each in FIGURES}


def test_each_figure_is_published_somewhere() -> None:
    texts = {
        node.value
        for module in (datasets, headline, hosts, tallies, yearly)
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Constant)
    }
    assert [each.name for each in FIGURES if each.name not in texts] == []
