"""The CSV of Interpol's ICSE, as forensic tools read it: one picture or film a row, by MD5 and SHA-1.

It says nothing of what is shown: what is in the baseline comes in as ``csam``, all else as ``unclassified``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Final

from orbweaver.detect.hashlists.formats.lines import grouped, installed, lines_with_rows
from orbweaver.detect.hashlists.formats.protocol import ListRow, RefusedRow
from orbweaver.detect.hashlists.formats.tables import Table
from orbweaver.detect.hashlists.rules import FALSE_WORDS, TRUE_WORDS

HEAD: Final = (
    "MD5", "SHA1", "PhotoDNA", "Image ID", "Is distributed", "Victim identified", "Offender identified", "Series name",
    "Number of submissions", "File Available", "Media Type", "Baseline",
)  # fmt: skip
HASHES: Final = {"md5": "MD5", "sha1": "SHA1", "photodna": "PhotoDNA"}
TABLE: Final = Table(HEAD, ("md5", "image id"), ";")
YES_NO: Final = {"yes": "True", "identified": "True", "no": "False", "unidentified": "False"}


class Icse:
    """Columns by their names, in any order; those that say nothing to us are passed over, and left empty on writing."""

    name = "icse"
    columns = ("kind", "value", "identified", "series", "baseline", "id", "media")
    stated: tuple[str, ...] = ()
    kinds: tuple[str, ...] | None = tuple(HASHES)
    regions: tuple[str, ...] = ()

    def recognises(self, beginning: str) -> bool:
        """Whether the first line names the columns."""
        return TABLE.recognises(beginning)

    def read(self, file: IO[str], region: str = "") -> Iterator[ListRow | RefusedRow]:
        """Rows from the second line on."""
        names, lines = TABLE.opened(file)
        return lines_with_rows(lines, lambda number, text: _row(number, TABLE.cells(names, text)))

    def write(self, rows: Iterable[Mapping[str, str]], file: IO[str], region: str = "") -> int:
        """The names of the columns, then a row for each entry."""
        writer = csv.DictWriter(file, HEAD, delimiter=";", lineterminator="\n", restval="")
        writer.writeheader()
        count = 0
        for entry in grouped(rows):
            first = entry[0]
            cells = {HASHES[each["kind"]]: each["value"] for each in entry}
            cells |= {
                "Image ID": first["id"],
                "Victim identified": YES_NO.get(first["identified"], ""),
                "Series name": first["series"],
                "Media Type": first["media"].capitalize(),
                "Baseline": YES_NO.get(first["baseline"], ""),
            }
            writer.writerow(cells)
            count += 1
        return count


def _row(line: int, cells: Mapping[str, str]) -> ListRow | None:
    if not any(cells.values()):
        return None
    baseline = cells.get("baseline", "").strip().lower()
    # what is neither yes nor no is refused behind, where cells are checked
    classification = "csam" if baseline in TRUE_WORDS else "unclassified" if baseline in FALSE_WORDS else ""
    stated = {
        "id": cells.get("image id", ""),
        "identified": cells.get("victim identified", ""),
        "series": cells.get("series name", ""),
        "media": cells.get("media type", ""),
        "baseline": baseline,
        "classification": classification or "unclassified",
    }
    hashes = [(kind, cells.get(name.lower(), "").strip()) for kind, name in HASHES.items()]
    return ListRow(line, stated, installed([(kind, value) for kind, value in hashes if value]))


FORMAT = Icse()
