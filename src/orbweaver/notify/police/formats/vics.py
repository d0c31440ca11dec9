"""VICS 2.0 and 1.3, which police programs for pictures import: one record about the medium.

The specification is under agreement; the shape is that of public readers and writers, and our own reader of lists takes
it back. A category is said only where a country's numbers are known (``hashlists.formats.vics``), and as ours, for
investigators to decide.
"""

from __future__ import annotations

import io
import json
from typing import Any, Final

from orbweaver.detect.hashlists.formats.vics import Vics
from orbweaver.detect.hashlists.formats.vics_13 import Vics13
from orbweaver.notify.police.formats.facts import Facts

REGIONS: Final = {"US": "us", "GB": "uk"}
"""Whose numbers a force reads; all others read none."""


class VicsReferral:
    """A document of one version with one record."""

    def __init__(self, version: Vics, file_name: str) -> None:
        self._version, self.file_name = version, file_name

    def written(self, facts: Facts) -> bytes:
        """The file."""
        out = io.StringIO()
        self._version.write(self._rows(facts), out, REGIONS.get(facts.country, "other"))
        document = json.loads(out.getvalue())
        document["value"][0] |= _of_the_file(facts)
        return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()

    def _rows(self, facts: Facts) -> list[dict[str, str]]:
        digests = {"md5": facts.md5, "sha1": facts.sha1, "sha256": facts.sha256}
        kinds = self._version.kinds or ()
        return [
            {
                "kind": kind,
                "value": digest,
                "id": facts.referral,
                "member": "",
                "classification": facts.classification,
                "identified": "identified" if facts.identified else "",
                "series": "",
                "source": facts.hotline,
                "media": facts.mime.partition("/")[0],
                "history": facts.because,
            }
            for kind, digest in digests.items()
            if kind in kinds
        ]


def _of_the_file(facts: Facts) -> dict[str, Any]:
    found: dict[str, Any] = {
        "MediaSize": facts.size,
        "MimeType": facts.mime,
        "IsDistributed": bool(facts.seen),
        "IsSuspected": True,
        "DateUpdated": facts.made_at.isoformat(timespec="seconds"),
        "Comments": "\n".join(
            [facts.because, facts.words, f"SHA-256 {facts.sha256}", *(each.url for each in facts.seen)]
        ),
    }
    if facts.file:
        found["RelativeFilePath"] = facts.file
        found["MediaFiles"] = [{"MD5": facts.md5.upper(), "FileName": facts.file, "FilePath": facts.file}]
    return found


VICS_20: Final = VicsReferral(Vics(), "vics-2.0.json")
VICS_13: Final = VicsReferral(Vics13(), "vics-1.3.json")
