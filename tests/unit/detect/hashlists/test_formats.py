from __future__ import annotations

import io
from pathlib import Path

import pytest

from orbweaver.detect.hashlists import formats
from orbweaver.detect.hashlists.errors import BadList, BadRow
from orbweaver.detect.hashlists.formats.csv_table import Csv
from orbweaver.detect.hashlists.formats.json_lines import JsonLines
from orbweaver.detect.hashlists.rules import parse_row
from orbweaver.errors import ConfigurationError

from .list_format_conformance import ListFormatConformance


class TestCsv(ListFormatConformance):
    list_format = formats.format_named("csv")

    def test_columns_may_stand_in_any_order_and_others_beside_them(self, tmp_path: Path) -> None:
        path = self.file(tmp_path, f"Note, VALUE ,classification,kind\nx,{'01' * 16},csam,md5\n")
        assert [each.kind for each in self.entries(path)[0]] == ["md5"]
        assert isinstance(formats.format_of(path), Csv)


class TestJsonLines(ListFormatConformance):
    list_format = formats.format_named("jsonl")

    def test_words_of_json_count_and_other_keys_are_passed_over(self, tmp_path: Path) -> None:
        start = f'{{"kind": "md5", "value": "{"01" * 16}", "classification": "csam", "note": [1], '
        path = self.file(
            tmp_path, start + '"baseline": true, "series": null}\n\n' + start + '"baseline": 7}\n{"a": 1}\n'
        )
        found, refused = self.entries(path)
        assert [(each.baseline, each.series_name) for each in found] == [(True, "")]
        assert [line for line, _ in refused] == [3, 4]
        assert isinstance(formats.format_of(path), JsonLines)

    @pytest.mark.parametrize("text", ["\\ud800", "a\\nb", "a\\u0000b"])
    def test_what_the_database_or_a_line_cannot_hold_is_refused(self, tmp_path: Path, text: str) -> None:
        line = f'{{"kind": "md5", "value": "{"01" * 16}", "classification": "csam", "series": "{text}"}}\n'
        found, refused = self.entries(self.file(tmp_path, line))
        assert (found, len(refused)) == ([], 1)


def test_a_file_that_no_format_knows_is_taken_for_the_usual_one(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("what is this?\n")
    assert formats.format_of(path).name == formats.USUAL == next(iter(formats.formats()))


def test_a_name_that_is_not_there_is_said_with_those_that_are() -> None:
    with pytest.raises(BadList, match="Known: csv, jsonl"):
        formats.format_named("xlsx")


@pytest.mark.parametrize("text", ["FORMAT = 7\n", "from orbweaver.detect.hashlists.formats.csv_table import FORMAT\n"])
def test_a_module_that_offers_no_format_or_a_name_twice_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / f"offered_{len(text)}.py").write_text(text)
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    with pytest.raises(ConfigurationError, match=f"offered_{len(text)}"):
        formats.formats()


def test_no_reason_repeats_what_stands_in_the_row() -> None:
    for each in formats.formats().values():
        rows = each.read(io.StringIO('kind,value,classification\n"5ec4e7,x\n', newline=""))
        assert all("5ec4e7" not in str(getattr(row, "reason", "")) for row in rows)


def test_a_line_break_is_no_part_of_a_cell() -> None:
    with pytest.raises(BadRow, match="line break"):
        parse_row({"kind": "md5", "value": "01" * 16, "classification": "csam", "series": "a\nb"}, "NCMEC")
