"""VICS 1.3, as older tools write it: hashes beside MD5 and SHA-1 have a list of their own, with their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any, Final

from orbweaver.detect.hashlists.errors import BadList
from orbweaver.detect.hashlists.formats.vics import (
    ALTERNATIVE,
    CONTEXT,
    REGIONS,
    Vics,
    write_document,
)
from orbweaver.detect.hashlists.messages import REGION_NEEDED

CONTEXT_13: Final = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media"


class Vics13(Vics):
    """Version 1.3: it never names its region, so that whoever imports is asked."""

    name = "vics13"
    kinds: tuple[str, ...] | None = ("md5", "sha1", *ALTERNATIVE)

    def recognises(self, beginning: str) -> bool:
        """Whether it names the data model in this version."""
        found = CONTEXT.search(beginning)
        return found is not None and "1.3.xml" in found[1]

    def write(self, rows: Iterable[Mapping[str, str]], file: IO[str], region: str = "") -> int:
        """One record an entry."""
        if region not in REGIONS:
            raise BadList(REGION_NEEDED.of(known=", ".join(REGIONS)))
        return write_document({"odata.metadata": CONTEXT_13}, rows, file, region, _hashes)


def _hashes(entry: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        each["kind"].upper(): each["value"].upper() for each in entry if each["kind"] in ("md5", "sha1")
    }
    more = [
        {"HashName": ALTERNATIVE[each["kind"]], "HashValue": each["value"]}
        for each in entry
        if each["kind"] in ALTERNATIVE
    ]
    return found | ({"AlternativeHashes": more} if more else {})


FORMAT = Vics13()
