"""What every format of hash lists promises. A new format's test inherits this and names the format."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orbweaver.detect.hashlists.errors import BadList, BadRow
from orbweaver.detect.hashlists.formats import ListFormat, RefusedRow, format_named, format_of, opened
from orbweaver.detect.hashlists.formats.lines import MAX_LINE
from orbweaver.detect.hashlists.rules import COLUMNS, EntryRow, parse_row

SECRET = "5ec4e7"
ROWS = (
    ("md5", "01" * 16, "csam", "identified", 'Série "7", l’été; a: b', "RCMP", "yes", "7;,é", "42", "image", ""),
    ("sha1", "02" * 20, "a1", "unidentified", "", "NCMEC", "no", "", "", "", ""),
    ("sha256", "03" * 32, "unclassified", "identified", "{[<series>]}\t#", "Ligne 3 – 数", "no", "", "", "video", ""),
    ("pdq", "04" * 32, "other_harmful", "unidentified", "x" * 200, "=1+1", "yes", "n" * 200, "", "video", "1.5"),
)


SIZES = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}
WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")), max_size=40)


def row(*values: str) -> dict[str, str]:
    return dict.fromkeys(COLUMNS, "") | dict(zip(COLUMNS, values, strict=False))


class FormatConformance:
    """For every format. Those whose rows are lines inherit ``ListFormatConformance``, other ones ``Records…``."""

    list_format: ListFormat
    region = ""
    """One of those that the format has."""

    def written(self, rows: list[dict[str, str]]) -> str:
        file = io.StringIO(newline="")
        assert self.list_format.write(iter(rows), file, self.region) == len(rows)
        return file.getvalue()

    def entries(self, path: Path) -> tuple[list[EntryRow], list[tuple[int, str]]]:
        found: list[EntryRow] = []
        refused: list[tuple[int, str]] = []
        with opened(path) as file:
            for each in self.list_format.read(file, self.region):
                if isinstance(each, RefusedRow):
                    refused.append((each.line, str(each.reason)))
                    continue
                try:
                    found.append(parse_row(each.cells, "NCMEC", each.hashes))
                except BadRow as error:
                    refused.append((each.line, str(error)))
        return found, refused

    def file(self, folder: Path, text: str | bytes) -> Path:
        path = folder / "list"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def held(self, entry: EntryRow) -> dict[str, Any]:
        """What of an entry the format can hold."""
        names = {"series": "series_name", "id": "supplier_id", "media": "media_type", "time": "time_s"}
        return {column: getattr(entry, names.get(column, column)) for column in self.list_format.columns}

    @property
    def expected(self) -> list[dict[str, Any]]:
        return [self.held(parse_row(each, "NCMEC")) for each in self.rows]

    @property
    def text(self) -> str:
        return self.written(self.rows)

    @property
    def rows(self) -> list[dict[str, str]]:
        """Those of the kinds that it holds."""
        return [
            row(*values) for values in ROWS if self.list_format.kinds is None or values[0] in self.list_format.kinds
        ]

    def test_it_has_a_plain_name_and_is_found_by_it(self) -> None:
        assert isinstance(self.list_format, ListFormat)
        assert self.list_format.name.isalnum()
        assert self.list_format.name == self.list_format.name.lower()
        assert format_named(self.list_format.name) is self.list_format

    def test_it_says_which_columns_it_holds(self) -> None:
        assert {"kind", "value"} <= set(self.list_format.columns) <= set(COLUMNS)

    def test_each_column_that_it_holds_comes_back_as_it_was(self, tmp_path: Path) -> None:
        found, refused = self.entries(self.file(tmp_path, self.text))
        assert refused == []
        assert [self.held(each) for each in found] == self.expected

    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_marks_and_ends_of_lines_do_not_matter_and_its_files_are_recognised(
        self, tmp_path: Path, mark: str, end: str
    ) -> None:
        path = self.file(tmp_path, mark + self.text.replace("\n", end))
        found, refused = self.entries(path)
        assert (refused, [self.held(each) for each in found]) == ([], self.expected)
        assert format_of(path) is self.list_format

    def test_a_list_without_entries_is_one(self, tmp_path: Path) -> None:
        assert self.entries(self.file(tmp_path, self.written([]))) == ([], [])

    def test_an_empty_file_is_an_empty_list_or_none(self, tmp_path: Path) -> None:
        path = self.file(tmp_path, "")
        with contextlib.suppress(BadList):
            assert self.entries(path) == ([], [])

    def test_a_nul_or_a_huge_value_in_a_field_is_refused(self, tmp_path: Path) -> None:
        for value in ("00" * 15 + "0\x00", "ab" * MAX_LINE, SECRET):
            rows = [row("md5", value, "csam", "", "", "", "no"), row(*ROWS[0])]
            found, refused = self.entries(self.file(tmp_path, self.written(rows)))
            assert ([self.held(each) for each in found], len(refused)) == (self.expected[:1], 1)
            assert SECRET not in refused[0][1]

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors])
    @given(text=st.text(max_size=300) | st.text(alphabet='{}[]",:\n\r\x00\ufeff0a', max_size=80))
    def test_whatever_comes_is_rows_refusals_or_no_list(self, text: str) -> None:
        assert self.list_format.recognises(text) in {True, False}
        try:
            rows = list(self.list_format.read(io.StringIO(text, newline=""), self.region))
        except BadList:
            return
        assert [each.line for each in rows] == sorted({each.line for each in rows})

    @settings(
        max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
    )
    @given(
        texts=st.lists(st.tuples(*[WORDS] * 4, st.booleans(), st.booleans()), max_size=5), value=st.binary(max_size=4)
    )
    def test_whatever_suppliers_say_comes_back(
        self, tmp_path: Path, texts: list[tuple[str, str, str, str, bool, bool]], value: bytes
    ) -> None:
        held = self.list_format.kinds
        sizes = [(kind, size) for kind, size in SIZES.items() if held is None or kind in held]
        rows = []
        for number, (series, source, name, member, is_video, is_baseline) in enumerate(texts):
            kind, size = sizes[number % len(sizes)]
            said = (kind, value.hex().rjust(2 * size, "0"), "csam", "identified", series, source)
            more = ("yes" if is_baseline else "no", f"{number}{name}", member, "video" if is_video else "image")
            rows.append(row(*said, *more))
        found, refused = self.entries(self.file(tmp_path, self.written(rows)))
        expected = [self.held(parse_row(each, "NCMEC")) for each in rows]
        assert refused == []
        assert sorted(map(repr, map(self.held, found))) == sorted(map(repr, expected))

    @pytest.mark.parametrize(
        "text", ["[" * 60_000, '{"kind":' * 7_000, '{"kind": ' + "9" * 6_000 + "}", '{"a": 1e999}']
    )
    def test_what_is_nested_or_counted_without_end_does_no_harm(self, text: str) -> None:
        self.list_format.recognises(text)
        try:
            list(self.list_format.read(io.StringIO(self.written([]) + text + "\n", newline=""), self.region))
        except BadList:
            return


class ListFormatConformance(FormatConformance):
    bad_line = "\x07 5ec4e7 no row of any format \ufffd"
    """A line that stands for no row."""

    def test_a_bad_row_costs_itself_alone_and_is_named_by_its_line(self, tmp_path: Path) -> None:
        lines = self.text.splitlines(keepends=True)
        at = len(lines) - 2
        found, refused = self.entries(self.file(tmp_path, "".join([*lines[:at], self.bad_line + "\n", *lines[at:]])))
        assert [self.held(each) for each in found] == self.expected
        assert [line for line, _ in refused] == [at + 1]
        assert all(SECRET not in reason for _, reason in refused)

    @pytest.mark.parametrize("rubbish", [b"\xff\xfe\x80\xc3(", b"\x00\x00\x00", b"x" * (3 * MAX_LINE)])
    def test_rubbish_and_endless_lines_cost_themselves_alone(self, tmp_path: Path, rubbish: bytes) -> None:
        lines = self.text.encode().splitlines(keepends=True)
        path = self.file(tmp_path, b"".join([*lines[:-2], rubbish + b"\n", *lines[-2:]]))
        found, refused = self.entries(path)
        assert [self.held(each) for each in found] == self.expected
        assert len(refused) == 1


class RecordsConformance(FormatConformance):
    """Rows are records within one document, in each of which an entry has all its hashes."""

    def test_a_document_that_breaks_off_keeps_what_came_before(self, tmp_path: Path) -> None:
        text = self.text
        found, refused = self.entries(self.file(tmp_path, text[: text.rindex(self.rows[-1]["value"][:16])]))
        assert [self.held(each) for each in found] == self.expected[:-1]
        assert len(refused) == 1

    def test_what_is_no_such_document_is_no_list(self, tmp_path: Path) -> None:
        for text in ("kind,value\n", "[", "<a>"):
            with pytest.raises(BadList):
                self.entries(self.file(tmp_path, text))


def hashes_of(list_format: ListFormat) -> list[dict[str, str]]:
    """One picture with as many hashes as the format holds, as rows of one entry."""
    return [
        row(kind, "0a" * size, "unclassified", "", "", "NCMEC", "no", "77", "", "image")
        for kind, size in SIZES.items()
        if list_format.kinds is None or kind in list_format.kinds
    ]
