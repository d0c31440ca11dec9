"""Every table of rules keeps the same promises: a head, versions that name one text, rows that are refused by line, its
own rows over ours, ``unknown`` kept. A new table inherits them, or this file fails.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from orbweaver.doors.rule_tables import TABLES
from orbweaver.platform import rule_tables
from orbweaver.platform.rule_tables import Laid, Own, RuleTable, TableUnusable

HEAD = 'version = "own-1"\nas_of = 2026-11-29\nsource = "Counsel"\nowner = "The hotline"\n'
LINES_OF_HEAD = 4
FROZEN = Path(__file__).with_name("rule_tables.sha256")


class Conformance:
    """What holds for every table. ``own``: a row of a hotline's own, or a part, that changes what comes with us."""

    table: ClassVar[RuleTable[Any]]
    own: ClassVar[str]

    @pytest.fixture(autouse=True)
    def _ours_again(self) -> Iterator[None]:
        yield
        rule_tables.forget()

    def test_it_names_version_day_source_and_owner(self) -> None:
        head, body = self.table.packaged
        assert head.version
        assert head.as_of
        assert head.source
        assert head.owner
        assert body
        assert (self.table.version(), self.table.own) == (head.version, None)

    def test_its_text_has_not_changed_under_its_version(self) -> None:
        """A decision names a version: another text needs another name. Then add the line that this prints."""
        line = (
            f"{hashlib.sha256(self.table.packaged_text.encode()).hexdigest()}  {self.table.name} {self.table.version()}"
        )
        assert line in FROZEN.read_text(encoding="utf-8").splitlines()

    def test_the_same_rows_as_a_version_of_ones_own_say_the_same(self) -> None:
        text = self.table.packaged_text.replace(f'"{self.table.packaged[0].version}"', '"own-1"', 1)
        made = self.table.check(Own(Laid.WHOLE, text))
        assert self.table.differences(self.table.body(), made.body) == []
        assert made.value == self.table.in_force()

    def test_own_rows_change_what_they_name_and_every_other_row_stays(self) -> None:
        made = self.table.check(Own(Laid.OVER, HEAD + self.own))
        found = self.table.differences(self.table.body(), made.body)
        changed = {each.row for each in found if each.row}
        assert len(changed) <= 2
        assert found
        assert made.version == f"{self.table.packaged[0].version}+own-1"

    def test_it_holds_where_it_is_taken_up_and_decisions_can_name_it(self) -> None:
        before = self.table.in_force()
        rule_tables.adopt({self.table.name: Own(Laid.OVER, HEAD + self.own)})
        assert self.table.in_force() != before
        assert self.table.version().endswith("+own-1")
        assert len(self.table.version()) <= 50
        rule_tables.forget()
        assert self.table.in_force() == before

    @pytest.mark.parametrize("part", ["version", "as_of", "source", "owner"])
    def test_without_a_part_of_its_head_it_is_refused(self, part: str) -> None:
        head = "".join(line for line in HEAD.splitlines(keepends=True) if not line.startswith(part))
        self.is_refused(head + self.own, part)

    def test_a_row_with_a_strange_name_is_refused_with_its_line(self) -> None:
        self.is_refused(HEAD + self.own + "strange_name = 1\n", f"Line {LINES_OF_HEAD + 1}, ")

    def test_a_row_that_stands_twice_and_what_is_no_toml_are_refused(self) -> None:
        self.is_refused(HEAD + self.own + self.own, "")
        self.is_refused(HEAD + self.own + "[[", "not TOML")
        self.is_refused(HEAD + self.own + "strange_table = {}\n[another]\nx = 1\n", "")

    def is_refused(self, text: str, said: str) -> None:
        before = self.table.in_force()
        with pytest.raises(TableUnusable, match="Nothing was changed") as refused:
            self.table.check(Own(Laid.OVER, text))
        assert said in str(refused.value)
        assert self.table.in_force() is before


class TestLaws(Conformance):
    table = TABLES["laws"]
    own = '[[laws]]\ncountry = "JP"\nkind = "csam"\nillegal = "unknown"\nlaw = "L"\nsource = "S"\nas_of = 2026-11-29\n'

    def test_unknown_takes_back_what_ours_says_and_stays_unknown(self) -> None:
        made = self.table.check(Own(Laid.OVER, HEAD + self.own))
        assert [row.illegal.value for row in made.value if row.country == "JP"] == ["unknown"]


class TestDuties(Conformance):
    table = TABLES["duties"]
    own = (
        '[[duties]]\ncountries = ["CA"]\nnotice_type = "csam"\nanswer = "unknown"\n'
        'law = "L"\nsource = "S"\nas_of = 2026-11-29\n'
    )

    def test_unknown_takes_back_what_ours_says_and_stays_unknown(self) -> None:
        made = self.table.check(Own(Laid.OVER, HEAD + self.own))
        assert [row.answer.value for row in made.value if "CA" in row.countries] == ["unknown"]


class TestHotlines(Conformance):
    table = TABLES["hotlines"]
    own = '[[hotlines]]\ncountry = "MT"\nname = "Ours"\ncsam = "unknown"\nsource = "S"\nas_of = 2026-11-29\n'

    def test_unknown_takes_back_what_ours_says_and_stays_unknown(self) -> None:
        made = self.table.check(Own(Laid.OVER, HEAD + self.own))
        assert [row.csam.value for row in made.value if row.country == "MT"] == ["unknown"]


class TestSpectrum(Conformance):
    table = TABLES["spectrum"]
    own = "[reactive]\nwithin_days = 3\n"


class TestChart(Conformance):
    table = TABLES["chart"]
    own = "fewest = 9\n"

    def test_a_row_with_a_strange_name_is_refused_with_its_line(self) -> None:
        self.is_refused(HEAD + self.own + "strange_name = 1\n", "Line 6, strange_name")


class TestPages(Conformance):
    table = TABLES["pages"]
    own = '[[rule]]\nname = "ours"\nmeans = "gone"\nmax_words = 20\nphrases = ["this was taken away by us"]\n'


class TestCommerce(Conformance):
    table = TABLES["commerce"]
    own = '[[sign]]\nname = "raffle"\nwords = ["raffle ticket"]\n'


class TestCadence(Conformance):
    table = TABLES["cadence"]
    own = "[[steps]]\nfrom_day = 90\nevery = 14\n"

    @pytest.mark.parametrize("every", ["inf", "1e9", "4000000"])
    def test_an_interval_that_no_calendar_has_is_refused(self, every: str) -> None:
        """It would stop every notice: none could say until when it wants an answer."""
        self.is_refused(HEAD + f"[[steps]]\nfrom_day = 90\nevery = {every}\n", "every")


class TestEscalation(Conformance):
    table = TABLES["escalation"]
    own = '[[steps]]\nname = "upstream"\nroute = "upstream"\nquiet_days = 6\nmessages = 4\nlatest_days = 42\n'

    @pytest.mark.parametrize("days", ["inf", "1e9", "4000000"])
    def test_days_that_no_calendar_has_are_refused(self, days: str) -> None:
        self.is_refused(HEAD + self.own.replace("latest_days = 42", f"latest_days = {days}"), "latest_days")


class TestCover(Conformance):
    table = TABLES["cover"]
    own = '[[garden]]\nname = "Ours"\nhosts = ["walled.example"]\nwhy = "login"\nsource = "https://walled.example/"\n'


class TestKinds(Conformance):
    table = TABLES["kinds"]
    own = '[[rule]]\nname = "Ours"\nkind = "forum"\nhosts = ["ours.example"]\n'


class TestQueries(Conformance):
    table = TABLES["queries"]
    own = '[[rule]]\nname = "Ours"\nhost = "search[.]ours[.]example"\n'

    def test_a_pattern_that_is_none_is_refused_with_its_line(self) -> None:
        self.is_refused(HEAD + '[[rule]]\nname = "Ours"\npath = "("\n', "Line 5, ")


class TestCdns(Conformance):
    table = TABLES["cdns"]
    own = '[[cdns]]\nname = "Ours"\nsource = "https://ours.example/"\nas_of = 2026-11-29\nnetworks = ["192.0.2.0/24"]\n'


def test_every_table_keeps_them() -> None:
    assert {each.table.name for each in Conformance.__subclasses__()} == set(TABLES)


def test_no_file_of_rules_is_outside_unless_somebody_said_so() -> None:
    """What is data of rules and not among the tables: named here by hand, with why."""
    source = Path(rule_tables.__file__).parents[2]
    files = {str(each.relative_to(source)) for each in source.rglob("*.toml")}
    outside = {
        "notify/jurisdictions/countries.toml",  # names of ISO 3166-1: no rule
        "notify/notices/answers/data/automatic.toml",  # how programs begin a subject
        "notify/notices/answers/data/mail_services.toml",
        "detect/extraction/data/scripted.toml",  # when a page is drawn with a browser
        "platform/network/signed.toml",  # how addresses are signed
        "follow/survivors/helplines.toml",  # numbers to call: shown, nothing is decided by them
        "assess/criteria/versions/1.toml",  # the criteria, which two sign
    }
    files -= {each for each in files if each.startswith(("platform/locale/", "assess/criteria/mappings/"))}
    assert files - outside == {table.file for table in TABLES.values()}
