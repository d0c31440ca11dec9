"""The list of known material that the demo imports: hashes of the drawings that stand for it."""

from __future__ import annotations

import csv
from pathlib import Path

from orbweaver.fingerprints import fingerprint
from orbweaver_trials.demo.pictures import edited
from orbweaver_trials.demo.plan import SUBJECTS, Subject

LIST_NAME = "Demonstration list"
COLUMNS = ("kind", "value", "classification", "identified", "series", "source", "baseline")


def write_list(path: Path) -> int:
    """Write the CSV; returns its number of rows."""
    rows = [row for subject in SUBJECTS for row in _rows(subject)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return len(rows)


def _rows(subject: Subject) -> list[tuple[str, ...]]:
    if not subject.listed:
        return []
    prints = fingerprint(edited(subject.seed))
    values = {"md5": prints.md5, "sha1": prints.sha1, "sha256": prints.sha256, "pdq": prints.pdq or b""}
    identified = "identified" if subject.identified else "unidentified"
    baseline = "yes" if subject.baseline else "no"
    source = "ICSE" if subject.series else "Demo supplier"  # a series that police know
    return [
        (kind, values[kind].hex(), subject.classification, identified, subject.series, source, baseline)
        for kind in subject.listed
    ]
