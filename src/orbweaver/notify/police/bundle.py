"""What a force gets of an item: a folder that opens offline without Orbweaver, as one tar file encrypted to its key.

The case folder of ``captures.exporting`` (WARC files, stamps, custody, how to verify), the medium itself, and
``item.json``: where it was seen, its digests, markers, the verdict; the same as forces' programs read it (``formats``).
Plain bytes never touch a disk.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable
from typing import Any, Final

import pyrage

from orbweaver.assess.review.models import Verdict
from orbweaver.detect.captures.custody import Case, about
from orbweaver.detect.captures.exporting import SUMS, captures_of, case_files, lost_of, note_export
from orbweaver.detect.evidence.errors import EvidenceErased, EvidenceOff, EvidenceUnreadable
from orbweaver.detect.evidence.messages import ARCHIVE_SEALED, MASTER_KEY_MISSING
from orbweaver.detect.evidence.models import EvidenceObject
from orbweaver.detect.evidence.services import read
from orbweaver.detect.hashlists.models import Identified
from orbweaver.notify.police.formats.case_uco import CASE_UCO
from orbweaver.notify.police.formats.facts import Facts, Format, Seen
from orbweaver.notify.police.formats.iccam import ICCAM
from orbweaver.notify.police.formats.vics import VICS_13, VICS_20
from orbweaver.notify.police.models import Order, Referral
from orbweaver.people.audit.services import record
from orbweaver.people.settings import HotlineSettings

NOT_OPENED: Final = (ARCHIVE_SEALED.code, MASTER_KEY_MISSING.code)
FORMATS: Final[tuple[Format, ...]] = (VICS_20, VICS_13, CASE_UCO, ICCAM)
HOW: Final = """HOW TO OPEN THIS

It was encrypted with age (age-encryption.org) to your key, and is a tar file:

       age -d -i YOUR-KEY REFERRAL.tar.age | tar x

item.json says what it is about; vics-2.0.json, vics-1.3.json, case-uco.jsonld and iccam-report.json say the same to
programs that import those forms. VERIFY.txt says how each file is checked, offline and without the hotline's program.
"""


def bundle(referral: Referral, now: dt.datetime) -> bytes:
    """The encrypted file. What leaves is noted in the audit log, in the caller's transaction."""
    sightings = referral.item.sightings.order_by("first_seen_at", "pk")
    case = _case(referral)
    captures, lost = (
        [each for each in captures_of(sightings) if content_of(each.stored) is not None],
        lost_of(sightings),
    )
    note_export(captures, case, now)
    files = dict(case_files(captures, case, now, lost, about(referral.item.media, referral.item.public_id)))
    files["item.json"] = (json.dumps(_facts(referral), indent=1, ensure_ascii=False) + "\n").encode()
    files["OPEN.txt"] = HOW.encode()
    medium, name = _medium(referral, now), f"medium-{bytes(referral.item.media.sha256).hex()}"
    if medium is not None:
        files[name] = medium
    said = facts_of(referral, name if medium is not None else "", now)
    files.update({each.file_name: each.written(said) for each in FORMATS})
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    packed = _packed([*files.items(), (SUMS, sums.encode())], now)
    encrypted: bytes = pyrage.encrypt(packed, [pyrage.x25519.Recipient.from_str(referral.force.key)])
    return encrypted


def _case(referral: Referral) -> Case:
    """For this force: what was ordered for it is held for it, and its own people may be seen to have looked."""
    ordered = Order.objects.filter(force=referral.force, items=referral.item)
    holds = frozenset((each.authority, each.keep_until.isoformat() if each.keep_until else "") for each in ordered)
    return Case(_number(referral), referral.force.name, referral.force.organisation_id, holds)


def _number(referral: Referral) -> str:
    """Under which it stands in the custody; of what was ordered, the authority's own number as well."""
    ordered = referral.order
    return f"{ordered.reference} ({referral.public_id})" if ordered is not None else referral.public_id


def _medium(referral: Referral, now: dt.datetime) -> bytes | None:
    stored = referral.item.media.evidence
    content = content_of(stored) if stored is not None else None
    if stored is None or content is None:
        return None
    details = {"case": _number(referral), "to": referral.force.name}
    record("evidence.exported", stored.public_id, details=details, at=now)
    return content


def content_of(stored: EvidenceObject) -> bytes | None:
    """What was archived; None where it cannot be read any more: the rest still goes.

    Raises EvidenceUnreadable while the archive is not opened: police are told once, and not without the picture.
    """
    try:
        return read(stored)
    except EvidenceUnreadable as error:
        if error.message.code in NOT_OPENED:
            raise
        return None
    except (EvidenceErased, EvidenceOff):
        return None


def _facts(referral: Referral) -> dict[str, Any]:
    item, media = referral.item, referral.item.media
    verdict = Verdict.objects.filter(item=item).first()
    return {
        "referral": referral.public_id,
        "because": referral.get_because_display(),
        "order": _ordered(referral),
        "item": item.public_id,
        "sha256": bytes(media.sha256).hex(),
        "sha1": bytes(media.sha1).hex(),
        "md5": bytes(media.md5).hex(),
        "mime": media.mime,
        "size": media.size,
        "seen": [
            {
                "url": each.url,
                "page_url": each.page_url,
                "ip_address": each.address,
                "first": each.first_seen_at.isoformat(),
                "last": each.last_seen_at.isoformat(),
            }
            for each in item.sightings.order_by("first_seen_at", "pk")
        ],
        "markers": [
            {"kind": each.kind, "words": each.words, "at": each.set_at.isoformat()}
            for each in media.markers.filter(withdrawn_at=None).order_by("pk")
        ],
        "verdict": verdict.outcome if verdict else None,
    }


def _ordered(referral: Referral) -> dict[str, str] | None:
    ordered = referral.order
    if ordered is None:
        return None
    return {
        "number": ordered.public_id,
        "authority": ordered.authority,
        "reference": ordered.reference,
        "basis": ordered.basis,
        "ordered_on": ordered.ordered_on.isoformat(),
    }


def facts_of(referral: Referral, file: str, now: dt.datetime) -> Facts:
    """What every format says. ``file``: the medium's name in the bundle."""
    item, media = referral.item, referral.item.media
    verdict = Verdict.objects.filter(item=item, superseded_by=None).first()
    removal = verdict if verdict is not None and verdict.outcome == Verdict.Outcome.REMOVE else None
    return Facts(
        referral=referral.public_id,
        made_at=now,
        hotline=HotlineSettings.current().hotline_name,
        country=referral.force.country,
        because=str(referral.get_because_display()),
        item=item.public_id,
        sha256=bytes(media.sha256).hex(),
        sha1=bytes(media.sha1).hex(),
        md5=bytes(media.md5).hex(),
        mime=media.mime,
        size=media.size,
        file=file,
        seen=[
            Seen(each.url, each.page_url, each.address or "", each.first_seen_at, each.last_seen_at)
            for each in item.sightings.order_by("first_seen_at", "pk")
        ],
        classification=removal.category if removal else "",
        identified=bool(removal and removal.identified == Identified.IDENTIFIED),
        baseline=bool(removal and removal.baseline),
        ages=_ages(removal) if removal else None,
        words=" ".join(each.words for each in media.markers.filter(withdrawn_at=None).order_by("pk") if each.words),
    )


def _ages(verdict: Verdict) -> tuple[int, int] | None:
    low, high = verdict.age_min, verdict.age_max
    return None if low is None or high is None else (low, high)


def _packed(files: Iterable[tuple[str, bytes]], now: dt.datetime) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(content), int(now.timestamp()), 0o600
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()
