"""The files in which forces' programs read a referral, each read back by somebody else's reader or ours of lists."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.notify.police.format_conformance import FACTS, FormatConformance

from orbweaver.detect.hashlists.formats.protocol import ListRow
from orbweaver.detect.hashlists.formats.vics import Vics
from orbweaver.detect.hashlists.formats.vics_13 import Vics13
from orbweaver.notify.police.formats.case_uco import CASE_UCO
from orbweaver.notify.police.formats.facts import Facts
from orbweaver.notify.police.formats.iccam import ICCAM
from orbweaver.notify.police.formats.vics import VICS_13, VICS_20


def read_back(version: Vics, facts: Facts, written: bytes, region: str) -> ListRow:
    """The one record, as our reader of lists takes it."""
    [row] = version.read(io.StringIO(written.decode()), region)
    assert isinstance(row, ListRow)
    return row


class TestVics20(FormatConformance):
    format = VICS_20

    @pytest.mark.parametrize(("country", "region", "said"), [("US", "us", "csam"), ("CA", "other", "unclassified")])
    def test_a_reader_takes_it_back_and_only_known_numbers_are_said(self, country: str, region: str, said: str) -> None:
        written = self.format.written(replace(FACTS, country=country))
        row = read_back(Vics(), FACTS, written, region)
        assert row.cells["classification"] == said
        assert row.cells["id"] == FACTS.referral
        assert dict(row.hashes) == {"md5": FACTS.md5.upper(), "sha1": FACTS.sha1.upper()}
        assert f"/{region.upper() if region == 'us' else 'Default'}/" in written.decode()

    def test_the_file_in_the_bundle_is_named(self) -> None:
        [record] = json.loads(self.text())["value"]
        assert record["MediaFiles"][0]["FilePath"] == FACTS.file
        assert (record["MediaSize"], record["VictimIdentified"]) == (1234, False)


class TestVics13(FormatConformance):
    format = VICS_13

    def test_a_reader_takes_it_back(self) -> None:
        row = read_back(Vics13(), FACTS, self.format.written(replace(FACTS, country="GB")), "uk")
        assert ("sha256", FACTS.sha256) in row.hashes
        assert "1.3.xml" in self.text()


class TestCaseUco(FormatConformance):
    format = CASE_UCO
    has_addresses = True

    def nodes(self) -> dict[str, dict[str, Any]]:
        return {each["@id"]: each for each in json.loads(self.text())["@graph"]}

    def test_every_reference_leads_to_something_and_no_number_is_used_twice(self) -> None:
        document = json.loads(self.text())
        nodes = self.nodes()
        assert len(nodes) == len(document["@graph"])

        def references(value: Any) -> list[str]:
            if isinstance(value, dict):
                if set(value) == {"@id"}:
                    return [value["@id"]]
                return [found for each in value.values() for found in references(each)]
            return [found for each in value for found in references(each)] if isinstance(value, list) else []

        assert set(references(document["@graph"])) <= set(nodes)

    def test_case_validate_accepts_it(self, tmp_path: Path) -> None:
        """Of case-utils, which is no requirement of ours: where it is installed (0.18 accepted it)."""
        validator = shutil.which("case_validate")
        if validator is None:
            pytest.skip("case_validate (PyPI: case-utils) is not installed: the ontology was not asked")
        path = tmp_path / self.format.file_name
        path.write_bytes(self.format.written(FACTS))
        done = subprocess.run([validator, path], capture_output=True, text=True, check=False)
        assert "Conforms: True" in done.stdout, done.stdout


class TestIccam(FormatConformance):
    """By the fields that a public client sends; no program of ICCAM has read it."""

    format = ICCAM
    has_addresses = True

    def assessments(self, **facts: Any) -> list[dict[str, int] | None]:
        report = json.loads(self.text(replace(FACTS, **facts)))
        return [each["assessment"] for each in report["urls"]]

    def test_each_place_is_an_address_of_one_report_that_police_were_told_of(self) -> None:
        report = json.loads(self.text())
        assert [each["urlString"] for each in report["urls"]] == [each.url for each in FACTS.seen]
        assert [each["isSourceUrl"] for each in report["urls"]] == [True, False, False], "one is the source"
        assert [each["hostingIpAddress"] for each in report["urls"]] == ["192.0.2.1", "2001:db8::1", None]
        references = [report["hotlineReference"], *(each["hotlineReference"] for each in report["urls"])]
        assert references == ["prf_2", "prf_2.1", "prf_2.2", "prf_2.3"]
        for each in report["urls"]:
            (action,) = each["actions"]
            assert (action["actionType"], action["actionDate"]) == (1, "2026-11-24T12:00:00Z")

    @pytest.mark.parametrize(
        ("facts", "classification", "age"),
        [
            ({}, 2, 3),
            ({"baseline": True}, 1, 3),
            ({"baseline": True, "ages": (1, 2)}, 1, 2),
            ({"ages": (15, 16)}, 2, 4),
            ({"ages": None}, 2, 1),
            ({"ages": (18, 20)}, 2, 1),
        ],
    )
    def test_codes_are_those_of_the_tables(self, facts: dict[str, Any], classification: int, age: int) -> None:
        first, *_ = self.assessments(**facts)
        assert first is not None
        assert (first["classification"], first["ageCategorization"], first["genderCategorization"]) == (
            classification,
            age,
            1,
        )

    @pytest.mark.parametrize("category", ["", "csam_related", "other_harmful"])
    def test_what_it_has_no_code_for_is_not_called_to_be_ignored(self, category: str) -> None:
        assert self.assessments(classification=category) == [None, None, None]
