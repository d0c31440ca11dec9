"""The captures of a case as a folder that opens on a machine without Orbweaver.

Each WARC as it was stamped, the stamps, the roots that they are checked with, the chain of custody out of the audit
log, a manifest, the digest of every file, and a page that says how to verify it all with tools that everybody has.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from orbweaver.detect.captures.custody import CHECK, Case, custody_of
from orbweaver.detect.captures.messages import CASE_MISSING, FOLDER_NOT_EMPTY, NOTHING_CAPTURED
from orbweaver.detect.captures.models import Capture, LostCapture
from orbweaver.detect.evidence.services import read
from orbweaver.detect.matching.models import Sighting
from orbweaver.errors import InvalidInput, Unavailable
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.heads import keep_head
from orbweaver.people.audit.services import record, seal_events
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.clock import real_now
from orbweaver.platform.stamps.settings import StampSettings

HOW: Final = Path(__file__).with_name("verify.txt")
SUMS: Final = "SHA256SUMS"


def captures_of(sightings: Iterable[Sighting]) -> list[Capture]:
    """The captures of sightings that are still kept, and those that hold the bytes of one of them."""
    own = Capture.objects.filter(sighting__in=sightings, stored__erased_at=None)
    referred = Capture.objects.filter(pk__in=own.values("refers_to"), stored__erased_at=None)
    both = Capture.objects.filter(pk__in=[*own.values_list("pk", flat=True), *referred.values_list("pk", flat=True)])
    return list(both.select_related("stored", "sighting__media", "refers_to").order_by("captured_at", "pk"))


def lost_of(sightings: Iterable[Sighting]) -> list[LostCapture]:
    """What was seen of these and not captured."""
    lost = LostCapture.objects.filter(sighting__in=sightings, sighting__capture=None)
    return list(lost.select_related("sighting").order_by("at", "pk"))


def export(
    captures: list[Capture],
    folder: Path,
    case: Case,
    now: dt.datetime,
    actor: User | None = None,
    lost: Sequence[LostCapture] = (),
    about: Sequence[str] = (),
) -> list[str]:
    """Write the folder (0700), the custody of each capture recorded first; the names of its files. ``lost`` stands in
    the manifest, and looks at what is named in ``about`` in the custody.

    Raises InvalidInput: nothing to export, no case or recipient, a folder with something in it. Raises EvidenceOff,
    EvidenceErased, EvidenceUnreadable; OSError where the disk is full. What was written then stays, without a manifest.
    """
    if not captures:
        raise InvalidInput(NOTHING_CAPTURED)
    if not case.number.strip() or not case.recipient.strip():
        raise InvalidInput(CASE_MISSING)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise InvalidInput(FOLDER_NOT_EMPTY.of(folder=str(folder)))
    note_export(captures, case, now, actor, "command line")
    seal_events()
    with contextlib.suppress(Unavailable):  # the place of heads is away: custody then names the last that was kept
        keep_head(real_now())
    names = [_write(folder, name, content) for name, content in case_files(captures, case, now, lost, about)]
    sums = "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in sorted(names))
    return [*names, _write(folder, SUMS, sums.encode())]


@transaction.atomic
def note_export(
    captures: Iterable[Capture], case: Case, now: dt.datetime, actor: User | None = None, label: str = "system"
) -> None:
    """Record that captures are handed over: the custody of each."""
    for capture in captures:
        details = {"case": case.number, "to": case.recipient, "sha256": bytes(capture.sha256).hex()}
        record("evidence.exported", capture.stored.public_id, actor=actor, label=label, details=details, at=now)


def case_files(
    captures: list[Capture], case: Case, now: dt.datetime, lost: Sequence[LostCapture], about: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    """The files of a case, by name; nothing is noted of it here."""
    for capture in captures:
        yield f"{capture.public_id}.warc.gz", read(capture.stored)
        for stamp in capture.stamps.order_by("authority"):
            yield f"{capture.public_id}.{stamp.authority}.tsr", bytes(stamp.answer)
    roots = StampSettings.current().stamp_roots
    if roots is not None:
        yield "stamp-roots.pem", roots.read_bytes()
    not_captured = [
        {"sighting": each.sighting.public_id, "seen_at": each.at.isoformat(), "why": each.get_why_display()}
        for each in lost
    ]
    yield "manifest.json", _json(_manifest(captures, case, now) | {"not_captured": not_captured})
    yield "custody.json", _json(custody_of(captures, about, case))
    yield "check_custody.py", CHECK.read_bytes()
    yield "VERIFY.txt", HOW.read_bytes()


def _manifest(captures: list[Capture], case: Case, now: dt.datetime) -> dict[str, Any]:
    return {
        "made_by": HotlineSettings.current().hotline_name,
        "made_at": now.isoformat(),
        "case": case.number,
        "recipient": case.recipient,
        "captures": [
            {
                "file": f"{capture.public_id}.warc.gz",
                "sha256": bytes(capture.sha256).hex(),
                "captured_at": capture.captured_at.isoformat(),
                "url": capture.target,
                "page_url": capture.sighting.page_url,
                "sighting": capture.sighting.public_id,
                "medium_sha256": bytes(capture.sighting.media.sha256).hex(),
                "bytes_are_in": f"{capture.refers_to.public_id}.warc.gz" if capture.refers_to else None,
                "evidence": capture.stored.public_id,
                "authority": capture.stored.authority,
                "stamps": [
                    {"file": f"{capture.public_id}.{stamp.authority}.tsr", "at": stamp.at.isoformat()}
                    for stamp in capture.stamps.order_by("authority")
                ],
            }
            for capture in captures
        ],
    }


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _write(folder: Path, name: str, content: bytes) -> str:
    descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return name
