"""Referrals by NCMEC's CyberTipline: a report is opened, gets the file and what is said of it, and is finished.

Only a finished report counts there; others fall within a day. So what breaks off before ``finish`` is retracted and
told from the beginning, and a ``finish`` whose answer was not heard is said again: they say whether it was finished
before. Whatever is killed, and whenever, they have it once.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import hashlib
import secrets
from typing import Final
from urllib.parse import urlsplit

from django.db import transaction

from orbweaver.assess.linking.marking import URGENT
from orbweaver.assess.linking.models import Marker
from orbweaver.assess.review.models import Verdict
from orbweaver.detect.exchanges.errors import ExchangeFailed
from orbweaver.errors import InvalidInput, OrbweaverError
from orbweaver.notify.notices.sending.channels.http import Endpoint, require_success
from orbweaver.notify.police.bundle import content_of
from orbweaver.notify.police.cybertip_xml import (
    DONE,
    FINISHED_BEFORE,
    NO_SUCH_REPORT,
    OF_THE_REPORT,
    Answer,
    File,
    Told,
    file_xml,
    read_answer,
    report_xml,
)
from orbweaver.notify.police.messages import CYBERTIP_NOT_SET, NO_FILE_NUMBER, NOT_FINISHED, OTHER_BYTES_ARRIVED
from orbweaver.notify.police.models import Referral
from orbweaver.notify.police.settings import PoliceSettings
from orbweaver.people.audit.services import record
from orbweaver.people.settings import HotlineSettings
from orbweaver.platform.network.guard import Guard
from orbweaver.platform.network.settings import NetworkSettings

OF_THIS_MACHINE: Final = ("127.0.0.1", "::1", "localhost")
"""Where a password may go without https."""
MOST_URLS: Final = 500
XML: Final = "text/xml; charset=UTF-8"
FORM: Final = "application/x-www-form-urlencoded"


class ReportRefused(OrbweaverError):
    """They do not take it as it is: a person has to look."""

    code = "report_refused"


def require_account() -> PoliceSettings:
    """The settings, with an account in them. Raises InvalidInput where there is none."""
    found = PoliceSettings.current()
    parts = urlsplit(found.cybertip_address)
    is_private = parts.scheme == "https" or parts.hostname in OF_THIS_MACHINE
    if not (is_private and parts.hostname and found.cybertip_user and found.cybertip_password):
        raise InvalidInput(CYBERTIP_NOT_SET)
    return found


def deliver(referral: Referral, now: dt.datetime) -> None:
    """Have NCMEC told, in steps that are each kept; outside a transaction. ``referral.their_number`` is theirs then.

    Raises ReportRefused; ChannelFailed, DeliveryUncertain, ExchangeFailed, InvalidInput: it may be tried again.
    """
    line = _Line()
    if referral.finishing_at is None:
        _tell(line, referral, now)
    answer = line.finish(referral.their_number)
    if answer.code in (DONE, FINISHED_BEFORE):
        return
    _keep(referral, finishing_at=None)  # it was surely not finished: the next try begins anew
    if answer.code == NO_SUCH_REPORT:
        _keep(referral, their_number="")
    _require(answer)


def _tell(line: _Line, referral: Referral, now: dt.datetime) -> None:
    """Everything before ``finish``."""
    if referral.their_number:
        with contextlib.suppress(ExchangeFailed):  # it may have fallen there by itself
            line.retract(referral.their_number)
        _keep(referral, their_number="")
    stored = referral.item.media.evidence
    content = content_of(stored) if stored is not None else None
    opened = _require(line.submit(report_xml(_told(referral))))
    _keep(referral, their_number=opened.report)
    if stored is not None and content is not None:
        details = {"case": referral.public_id, "to": referral.force.name}
        record("evidence.exported", stored.public_id, details=details, at=now)
        _hand_over(line, referral, content)
    _keep(referral, finishing_at=now)


def _hand_over(line: _Line, referral: Referral, content: bytes) -> None:
    taken = _require(line.upload(referral.their_number, _name(referral), content))
    if taken.md5 and taken.md5.lower() != hashlib.md5(content, usedforsecurity=False).hexdigest():
        raise ExchangeFailed(OTHER_BYTES_ARRIVED)
    if not taken.file:
        raise ExchangeFailed(NO_FILE_NUMBER)
    _require(line.fileinfo(file_xml(referral.their_number, taken.file, _file(referral))))


def _require(answer: Answer) -> Answer:
    if answer.code == DONE:
        return answer
    reason = NOT_FINISHED.of(code=answer.code, words=answer.words[:200])
    if answer.code in OF_THE_REPORT:
        raise ReportRefused(reason)
    raise ExchangeFailed(reason)


@transaction.atomic
def _keep(referral: Referral, **facts: object) -> None:
    for name, value in facts.items():
        setattr(referral, name, value)
    referral.save(update_fields=list(facts))


def _told(referral: Referral) -> Told:
    item = referral.item
    seen = list(item.sightings.order_by("first_seen_at", "pk")[:MOST_URLS])
    urgent = item.media.markers.filter(withdrawn_at=None, kind__in=URGENT).order_by("pk")
    hotline = HotlineSettings.current()
    return Told(
        number=referral.public_id,
        seen_at=seen[0].first_seen_at if seen else item.created_at,
        urls=[each.url for each in seen],
        hotline=hotline.hotline_name,
        mail=hotline.hotline_contact,
        why_urgent=" ".join(each.words for each in urgent),
        words=str(referral.get_because_display()),
    )


def _file(referral: Referral) -> File:
    item, media = referral.item, referral.item.media
    verdict = Verdict.objects.filter(item=item).first()
    first = item.sightings.order_by("first_seen_at", "pk").first()
    return File(
        name=_name(referral),
        url=first.url if first else "",
        viewed=item.looks.exists(),
        self_generated=bool(verdict and verdict.self_generated),
        live_stream=media.markers.filter(withdrawn_at=None, kind=Marker.Kind.LIVE_STREAM).exists(),
        sha256=bytes(media.sha256).hex(),
        md5=bytes(media.md5).hex(),
    )


def _name(referral: Referral) -> str:
    return f"{bytes(referral.item.media.sha256).hex()}.{referral.item.media.mime.rpartition('/')[2] or 'bin'}"


class _Line:
    """Calls with the account of the settings."""

    def __init__(self) -> None:
        found = require_account()
        self._endpoint = Endpoint(found.cybertip_address, Guard(NetworkSettings.current().network_allow))
        account = f"{found.cybertip_user}:{found.cybertip_password}".encode()
        self._account = {"Authorization": f"Basic {base64.b64encode(account).decode()}"}

    def submit(self, document: bytes) -> Answer:
        """Open a report."""
        return self._call("/submit", document, XML)

    def upload(self, report: str, name: str, content: bytes) -> Answer:
        """Give it a file."""
        mark = secrets.token_hex(16)
        head = (
            f'--{mark}\r\nContent-Disposition: form-data; name="id"\r\n\r\n{report}\r\n'
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + content + f"\r\n--{mark}--\r\n".encode()
        return self._call("/upload", body, f"multipart/form-data; boundary={mark}")

    def fileinfo(self, document: bytes) -> Answer:
        """Say what the file is."""
        return self._call("/fileinfo", document, XML)

    def finish(self, report: str) -> Answer:
        """The report counts from now on."""
        return self._call("/finish", f"id={report}".encode(), FORM)

    def retract(self, report: str) -> Answer:
        """A report that was not finished never was."""
        return self._call("/retract", f"id={report}".encode(), FORM)

    def _call(self, path: str, body: bytes, kind: str) -> Answer:
        connection = self._endpoint.connect()
        status, answer = self._endpoint.post(connection, path, body, self._account | {"Content-Type": kind})
        try:
            return read_answer(answer)  # errors have a document, too
        except ExchangeFailed:
            require_success(status)
            raise
