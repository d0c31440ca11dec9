from __future__ import annotations

import contextlib
import io
import tracemalloc
from pathlib import Path

import pytest

from orbweaver.detect.hashlists import formats
from orbweaver.detect.hashlists.errors import BadList, BadRow
from orbweaver.detect.hashlists.formats.csv_table import Csv
from orbweaver.detect.hashlists.formats.json_lines import JsonLines
from orbweaver.detect.hashlists.formats.lines import MAX_LINE, numbered_lines
from orbweaver.detect.hashlists.formats.protocol import ListRow
from orbweaver.detect.hashlists.rules import key_of, parse_row
from orbweaver.errors import ConfigurationError

from .list_format_conformance import FormatConformance, ListFormatConformance, RecordsConformance, hashes_of, row


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


class TestIcse(ListFormatConformance):
    list_format = formats.format_named("icse")

    def test_what_is_in_the_baseline_is_csam_and_no_more_is_said(self, tmp_path: Path) -> None:
        head = "MD5;SHA1;PhotoDNA;Image ID;Victim identified;Series name;Media Type;Baseline\n"
        rows = "".join(
            f"{number:032X};;;{number};True;Lake;Image;{said}\n" for number, said in ((1, "True"), (2, "no"))
        )
        found, refused = self.entries(self.file(tmp_path, head + rows + f"{3:032X};;;3;;;;perhaps\n;;;4;;;;\n"))
        assert [(each.classification, each.baseline, each.identified) for each in found] == [
            ("csam", True, "identified"),
            ("unclassified", False, "identified"),
        ]
        assert [line for line, _ in refused] == [4, 5]


class TestHashes(ListFormatConformance):
    list_format = formats.format_named("hashes")

    @pytest.mark.parametrize(
        "line", ["{0}  a name.jpg", "{0} *a.jpg", "\\{0}  a\\nb.jpg", "MD5 (a (1).jpg) = {0}", "  {0}\t", "# md5\n{0}"]
    )
    def test_what_md5sum_and_others_write_is_read(self, tmp_path: Path, line: str) -> None:
        found, refused = self.entries(self.file(tmp_path, line.format("0A" * 16) + "\n"))
        assert ([(each.kind, each.value) for each in found], refused) == ([("md5", bytes([10]) * 16)], [])


class TestVics(RecordsConformance):
    list_format = formats.format_named("vics")
    region = "us"

    def test_the_region_is_read_or_asked_for_and_says_what_numbers_mean(self, tmp_path: Path) -> None:
        def file(context: str) -> Path:
            media = ", ".join(f'{{"MediaID": {n}, "Category": "{n}", "MD5": "{n:032X}"}}' for n in range(5))
            return self.file(tmp_path, f'{{"@odata.context": "{context}", "value": [{media}]}}')

        base = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/%s/$metadata#Media"
        self.region = ""
        found, refused = self.entries(file(base % "US"))
        assert [each.classification for each in found] == ["csam", "csam_related", "unclassified"]
        assert [line for line, _ in refused] == [1, 5]
        with pytest.raises(BadList, match="Say the region"):
            self.entries(file(base % "Default"))
        self.region = "uk"
        assert {each.classification for each in self.entries(file(base % "Default"))[0]} == {"csam", "unclassified"}
        self.region = "nowhere"
        with pytest.raises(BadList, match="no such region"):
            self.entries(file(base % "US"))

    def test_media_within_cases_are_read(self, tmp_path: Path) -> None:
        text = '{"@odata.context": "http://x/2.0.xml/US/$metadata#Cases", "value": [{"CaseID": "1", "Media": [%s]}]}'
        path = self.file(
            tmp_path, text % f'{{"MediaID": 5, "Category": 1, "MD5": "{"0F" * 16}", "MimeType": "video/mp4"}}'
        )
        (found,), refused = self.entries(path)
        assert (found.supplier_id, found.media_type, found.classification, refused) == ("5", "video", "csam", [])


class TestVics13(RecordsConformance):
    list_format = formats.format_named("vics13")
    region = "other"


class TestStopNcii(RecordsConformance):
    list_format = formats.format_named("stopncii")

    def test_withdrawn_records_and_unknown_signals_are_refused(self, tmp_path: Path) -> None:
        records = [
            ("ImagePDQ", "0a" * 32, "Active"),
            ("VideoMD5", "0a" * 16, "Withdrawn"),
            ("ImageTMK", "0a", "Active"),
        ]
        said = ", ".join(
            f'{{"signalType": "{signal}", "hashValue": "{value}", "hashStatus": "{status}"}}'
            for signal, value, status in records
        )
        found, refused = self.entries(self.file(tmp_path, f'{{"count": 3, "hashRecords": [{said}]}}'))
        assert [(each.kind, each.media_type) for each in found] == [("pdq", "image")]
        assert [line for line, _ in refused] == [2, 3]


BOMBS = {
    "one attribute": ("<md5 a='", "a"),
    "one comment": ("<!--", "a"),
    "one tag": ("<m", "m"),
    "elements": ("", "<a>"),
    "names": ("", "<n{number}/>"),
    "attributes": ("", '<n a{number}="1"/>'),
    "namespaces": ("", '<n xmlns:n{number}="n{number}"/>'),
    "hashes": ("", "<md5>00</md5>"),
}
"""How each begins, and what comes again and again."""


class _Endless(io.StringIO):
    """A file of so many characters that is made as it is read."""

    def __init__(self, beginning: str, piece: str, size: int, end: str = "") -> None:
        super().__init__()
        self._beginning, self._piece, self._size, self._end = beginning, piece, size, end
        self.given = self._number = 0

    def read(self, size: int | None = -1) -> str:
        assert size is not None
        assert size >= 0
        if size == 0:  # by which the parser of JSON asks what it will get
            return ""
        if not self.given:
            text = self._beginning
        elif self.given < self._size:
            text = self._pieces(size)
        else:
            text, self._end = self._end, ""
        self.given += len(text)
        return text

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]  # as StringIO's own
        """Where a piece is one character, and no end of a line."""
        assert size is not None
        text = self.read(size)
        return text + self.read(size - len(text)) if 0 < len(text) < size else text

    def seek(self, at: int, whence: int = 0, /) -> int:
        """To the beginning alone."""
        assert (at, whence) == (0, 0)
        self.given = self._number = 0
        return 0

    def _pieces(self, size: int) -> str:
        numbered = "{number}" in self._piece
        count = size // 2 // len(self._piece) if numbered else size // len(self._piece)
        first, self._number = self._number, self._number + count
        if not numbered:
            return self._piece * count
        return "".join(self._piece.replace("{number}", str(number)) for number in range(first, self._number))


class TestNcmec(RecordsConformance):
    list_format = formats.format_named("ncmec")

    @property
    def rows(self) -> list[dict[str, str]]:
        return [each | {"media": each["media"] or "image"} for each in super().rows]  # it has no third type

    def test_images_and_videos_come_with_member_and_class_and_deleted_ones_are_refused(self, tmp_path: Path) -> None:
        text = (
            '<?xml version="1.0"?>\n<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">'
            '<images count="2">'
            '<image><member id="42">A &amp; B</member><timestamp>2026-01-01T00:00:00Z</timestamp><id>image1</id>'
            f"<classification>A1</classification><fingerprints><md5>{'0a' * 16}</md5><pdq>{'0b' * 32}</pdq>"
            '</fingerprints><feedback><affirmativeFeedback type="Md5"><members><member id="43">C</member></members>'
            "</affirmativeFeedback></feedback></image>\n"
            "<deletedImage><member id='42'>A</member><id>image2</id></deletedImage></images>"
            "<videos><video><feedback><affirmativeFeedback type='Sha1'><members><member id='8'>D</member></members>"
            "</affirmativeFeedback></feedback>"
            f"<member id='7'>V\n &amp; Co</member><id>v</id><fingerprints><sha1>{'0c' * 20}</sha1></fingerprints>"
            "</video></videos></queryResult>"
        )
        found, refused = self.entries(self.file(tmp_path, text))
        assert [
            (each.supplier_id, each.member, each.source, each.media_type, each.classification) for each in found
        ] == [
            ("image1", "42", "A & B", "image", "a1"),
            ("v", "7", "V & Co", "video", "unclassified"),
        ]
        assert [each.kind for each in found[0].hashes] == ["md5", "pdq"]
        assert [line for line, _ in refused] == [3]

    def test_entities_that_grow_without_end_are_no_list(self, tmp_path: Path) -> None:
        bomb = '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><queryResult>&b;</queryResult>'
        with pytest.raises(BadList, match="not XML of this format"):
            self.entries(self.file(tmp_path, bomb))

    @pytest.mark.parametrize(("opened", "piece"), BOMBS.values(), ids=BOMBS)
    def test_xml_without_end_is_no_list_and_takes_no_memory(self, opened: str, piece: str) -> None:
        """128 MB of each: a tag or a comment without end, elements within elements, names and hashes by the million."""
        file = _Endless(f"<queryResult><images><image><id>one</id><fingerprints>{opened}", piece, 2**27)
        tracemalloc.start()
        try:
            with pytest.raises(BadList, match="not XML of this format"):
                for _ in self.list_format.read(file):
                    pass
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 2**23
        assert file.given < 2**24

    def test_a_text_without_end_is_cut_and_takes_no_memory(self) -> None:
        file = _Endless(
            "<queryResult><images><image><id>one</id><md5>", "a", 2**25, "</md5></image></images></queryResult>"
        )
        tracemalloc.start()
        try:
            (row,) = self.list_format.read(file)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert isinstance(row, ListRow)
        assert len(row.hashes[0][1]) <= 2**17
        assert peak < 2**22


@pytest.mark.parametrize("case", [TestVics, TestVics13, TestNcmec, TestIcse, TestCsv, TestJsonLines])
def test_an_entry_keeps_all_its_hashes_together(case: type[FormatConformance], tmp_path: Path) -> None:
    rows = hashes_of(case.list_format)
    file = io.StringIO(newline="")
    case.list_format.write(rows, file, case.region)
    found, refused = case().entries(case().file(tmp_path, file.getvalue()))
    expected = {(each["kind"], bytes.fromhex(each["value"])) for each in rows}
    assert ({(each.kind, each.value) for one in found for each in one.hashes}, refused) == (expected, [])
    assert {key_of(each) for each in found} == {key_of(parse_row(row(*rows[0].values()), "NCMEC"))}


def test_a_file_that_no_format_knows_is_taken_for_the_usual_one(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("what is this?\n")
    assert formats.format_of(path).name == formats.USUAL == next(iter(formats.formats()))


def test_a_name_that_is_not_there_is_said_with_those_that_are() -> None:
    with pytest.raises(BadList, match="Known: csv, hashes"):
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
        said = []
        try:
            rows = each.read(io.StringIO('kind,value,classification\n"5ec4e7,x\n', newline=""), "us")
            said = [getattr(row, "reason", "") for row in rows]
        except BadList as error:
            said.append(error.message)
        assert said
        assert all("5ec4e7" not in str(reason) for reason in said)


def test_a_line_break_is_no_part_of_a_cell() -> None:
    with pytest.raises(BadRow, match="line break"):
        parse_row({"kind": "md5", "value": "01" * 16, "classification": "csam", "series": "a\nb"}, "NCMEC")


ENDLESS = {
    "text": ('{"value": [%s, {"MD5": "', "a"),
    "number": ('{"value": [%s, {"Category": 1', "1"),
    "exponent": ('{"value": [%s, {"Category": 1e', "1"),
    "name": ('{"value": [%s, {"', "a"),
    "blanks": ('{"value": [%s,', " "),
    "arrays": ('{"value": [%s, {"MD5": ', "["),
    "objects": ('{"value": [%s, ', '{"a": '),
    "arrays elsewhere": ('{"value": [%s], "Cases": ', "["),
}
"""How JSON begins that has one value without end after its first record, and what comes again and again."""
LARGE = {
    "objects": ('{"AlternativeHashes": [1', ", {}", "]}", 1),
    "texts": ('{"AlternativeHashes": [1', ', "' + 1000 * "a" + '"', "]}", 6),
    "names": ('{"a": 1', ', "{number}": 1', "}", 2),
    "hashes": ('{"AlternativeHashes": [{}', ', {"HashName": "PhotoDNA", "HashValue": "00"}', "]}", 2),
    "deep": ("[" * 5_000 + "1", ", 1", "]" * 5_000, 1),
}
"""A record beyond any honest one: its beginning, what comes again and again, its end, and for how many megabytes."""
ONE_RECORD = f'{{"MD5": "{"0A" * 16}", "Category": 1}}'


def rows_and_peak(list_format: formats.ListFormat, file: io.StringIO) -> tuple[list[ListRow | formats.RefusedRow], int]:
    """What is read, and the bytes that it took at most."""
    tracemalloc.start()
    try:
        return list(list_format.read(file, "us" if list_format.regions else "")), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class TestJsonWithoutEnd:
    @pytest.mark.timeout(60)
    @pytest.mark.parametrize(("beginning", "piece"), ENDLESS.values(), ids=ENDLESS)
    def test_one_value_without_end_is_named_by_its_place_and_what_came_before_is_kept(
        self, beginning: str, piece: str
    ) -> None:
        """128 MB of each. 64 KB of brackets took six gigabytes, a number of 8 MB twenty seconds."""
        file = _Endless(beginning % ONE_RECORD, piece, 2**27)
        (first, last), peak = rows_and_peak(formats.format_named("vics"), file)
        assert isinstance(first, ListRow)
        assert isinstance(last, formats.RefusedRow)
        assert (last.line, "does not end" in str(last.reason)) == (2, True)
        assert peak < 2**24
        assert file.given < 2**22

    def test_where_nothing_came_before_the_file_is_refused_as_a_whole(self) -> None:
        for beginning in ('{"value": [{"MD5": "', '{"'):
            with pytest.raises(BadList, match="does not end"):
                rows_and_peak(formats.format_named("vics"), _Endless(beginning, "a", 2**27))

    @pytest.mark.timeout(60)
    @pytest.mark.sampled(2)
    @pytest.mark.parametrize(("opened", "piece", "end", "megabytes"), LARGE.values(), ids=LARGE)
    def test_a_record_that_is_too_large_costs_itself_alone(
        self, opened: str, piece: str, end: str, megabytes: int
    ) -> None:
        beginning, ending = f'{{"value": [{ONE_RECORD}, {opened}', f"{end}, {ONE_RECORD}]}}"
        file = _Endless(beginning, piece, megabytes * 2**20, ending)
        rows, peak = rows_and_peak(formats.format_named("vics"), file)
        assert [each.line for each in rows] == [1, 2, 3]
        assert isinstance(rows[1], formats.RefusedRow)
        assert "too large" in str(rows[1].reason)
        assert isinstance(rows[2], ListRow)
        assert peak < 2**26


@pytest.mark.parametrize("name", ["csv", "jsonl", "icse", "hashes"])
def test_a_first_line_without_end_takes_no_memory(name: str) -> None:
    """128 MB of it."""
    tracemalloc.start()
    try:
        with contextlib.suppress(BadList):
            rows = list(formats.format_named(name).read(_Endless("kind,value", ",", 2**27)))
            assert [each.line for each in rows if isinstance(each, formats.RefusedRow)] == [1]
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
@pytest.mark.parametrize("length", range(MAX_LINE - 2, MAX_LINE + 3))
def test_a_long_line_swallows_none_of_those_after_it_however_they_end(end: str, length: int) -> None:
    lines = ["kind", "x" * length, "a", "", "x" * 3 * length, "b"]
    found = list(numbered_lines(io.StringIO(end.join(lines) + end, newline="")))
    kept = [text if text is not None and len(text) < MAX_LINE else None for text in lines]
    assert [number for number, _ in found] == [1, 2, 3, 4, 5, 6]
    assert [text for _, text in found][2:] == kept[2:]
    assert found[0][1] == "kind"


def test_a_row_of_more_hashes_than_a_video_has_is_refused() -> None:
    with pytest.raises(BadRow, match="more than 10000 hashes"):
        parse_row({"classification": "csam"}, "NCMEC", [("md5", "0a" * 16)] * 10_001)


def test_what_a_row_says_is_remembered_without_the_blanks_around_it() -> None:
    tracemalloc.start()
    try:
        for number in range(200):
            parse_row(row("md5", "0a" * 16, "csam", "", f"{number}" + " " * 60_000, "", ""), "NCMEC")
        assert tracemalloc.get_traced_memory()[0] < 2**20
    finally:
        tracemalloc.stop()
