"""Plain hash files: one hash a line, alone or before a file's name, as md5sum, sha1sum and sha256sum write them.

The kind is told by the length: 64 digits are SHA-256, as PDQ cannot be told from it. The names of files are not kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Final

from orbweaver.detect.hashlists.errors import BadRow
from orbweaver.detect.hashlists.formats.lines import first_line_of, numbered_lines, rows_by_line
from orbweaver.detect.hashlists.formats.protocol import ListRow, RefusedRow
from orbweaver.detect.hashlists.messages import NO_HASH_HERE

KINDS: Final = {32: "md5", 40: "sha1", 64: "sha256"}
LINE: Final = re.compile(r"\\?([0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})(?:\s+\*?.*)?")
NAMED: Final = re.compile(r"(MD5|SHA-?1|SHA-?256)\s*\(.*\)\s*=\s*([0-9A-Fa-f]+)")
"""As BSD's programs write a line, and GNU's with ``--tag``."""


class Hashes:
    """Kind and value; entries come in unclassified. Empty lines and those that begin with ``#`` are passed over."""

    name = "hashes"
    columns = ("kind", "value")
    stated: tuple[str, ...] = ()
    kinds: tuple[str, ...] | None = tuple(KINDS.values())
    regions: tuple[str, ...] = ()

    def recognises(self, beginning: str) -> bool:
        """Whether the first line is a hash, alone or with a name."""
        line = first_line_of(beginning).strip()
        return bool(LINE.fullmatch(line) or NAMED.fullmatch(line))

    def read(self, file: IO[str], region: str = "") -> Iterator[ListRow | RefusedRow]:
        """A row for each line."""
        return rows_by_line(numbered_lines(file), _cells)

    def write(self, rows: Iterable[Mapping[str, str]], file: IO[str], region: str = "") -> int:
        """One hash a line."""
        count = 0
        for row in rows:
            file.write(row["value"] + "\n")
            count += 1
        return count


def _cells(line: str) -> dict[str, str]:
    text = line.strip()
    if not text or text.startswith("#"):
        return {}
    if named := NAMED.fullmatch(text):
        return _row_of(named[1].lower(), named[2])
    found = LINE.fullmatch(text)
    if found is None:
        raise BadRow(NO_HASH_HERE)
    return _row_of(KINDS[len(found[1])], found[1])


def _row_of(kind: str, value: str) -> dict[str, str]:
    return {"kind": kind, "value": value, "classification": "unclassified"}


FORMAT = Hashes()
