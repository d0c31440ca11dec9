"""ICCAM, by which INHOPE's hotlines hand reports to one another: one report for each referral, with all its addresses.

Its documentation is under agreement. What is sent follows a public client that hotlines use, of version 3: AbuseIO's
SCART (``POST Authentication`` gives a bearer token; ``POST rest/reports`` takes a report with its ``urls``, each with
an ``assessment``; classification is 1 baseline or 2 national, ``ageCategorization`` 1 not determined to 4, and the
answer is the report's number). It was tried against a server of our own tests alone, never against ICCAM.

ICCAM knows no repetition, but keeps the reporting hotline's reference with a report, so a doubt is concluded by looking
for ours. How version 3 is asked is our reading (version 2: ``ReportingHotlineReference``, ``GetReports``): ``GET
rest/reports?reference=``. The outbox believes that a report is missing only where the same question finds one that is
surely there: a wrong reading leaves the doubt and repeats no report.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _
from pydantic import Field

from orbweaver.errors import Message
from orbweaver.notify.notices.errors import ChannelFailed, DeliveryUncertain
from orbweaver.notify.notices.letters.parts import Parts, parts_of
from orbweaver.notify.notices.sending.channels.http import Endpoint, require_success
from orbweaver.notify.notices.sending.channels.iccam.messages import (
    NO_ACCOUNT,
    NO_SLOT,
    NO_TOKEN,
    OTHER_REPORTS,
    TOKEN_REFUSED,
)
from orbweaver.notify.notices.sending.channels.protocol import Channel, Doubt, Outgoing, Session, Taken
from orbweaver.notify.providers.channel_kinds import AddressField
from orbweaver.notify.providers.rules import clean_endpoint
from orbweaver.platform.config import Settings
from orbweaver.platform.network.guard import Guard
from orbweaver.platform.network.settings import NetworkSettings

BASELINE, NATIONAL = 1, 2
NOT_CATEGORISED, PREPUBESCENT = 1, 3
NOT_DETERMINED: Final = 1
"""Of the sex of children and of payment: nothing of either is recorded here."""
A_WEBSITE: Final = 2
"""The kind of site where none is named."""
MEDIA: Final = 1
"""What stands at an address: a picture or a video, not a page."""


class IccamSettings(Settings):
    """ICCAM: the account of this hotline."""

    iccam_user: str = Field(default="", description="Account at ICCAM. Empty: referrals do not go there.")
    iccam_password: str = Field(default="", description="Password of that account.", repr=False)


class IccamChannel(Channel):
    """Reports with the account of the settings to the base URL that the contact is."""

    name = "iccam"
    title = "ICCAM"
    address = AddressField(_("Base URL of the service"), "https://iccam.example/api")
    settings = IccamSettings
    doubt = Doubt.ASK

    def __init__(self) -> None:
        self._settings = IccamSettings.current()

    @classmethod
    def clean_address(cls, text: str) -> str:
        """The base URL of the service."""
        return clean_endpoint(text)

    def why_not(self) -> Message | None:
        """A reason when no account is set."""
        if self._settings.iccam_user and self._settings.iccam_password:
            return None
        return NO_ACCOUNT

    @contextlib.contextmanager
    def session(self) -> Iterator[IccamSession]:
        """Signs in with the first message, and again when the token is refused."""
        yield IccamSession()

    def try_out(self, session: Session, message: Outgoing) -> Sequence[Taken]:
        """Only the account is tried: ICCAM knows no tests, and people act on what is reported there."""
        assert isinstance(session, IccamSession)
        session.sign_in(message.address)
        return ()


class IccamSession:
    """One account's tokens, for as long as messages are sent."""

    def __init__(self) -> None:
        self._settings = IccamSettings.current()
        self._guard = Guard(NetworkSettings.current().network_allow)
        self._tokens: dict[str, str] = {}

    def deliver(self, message: Outgoing, before_commit: Callable[[], None]) -> Sequence[Taken]:
        """One report with all addresses, so that it is there whole or not at all."""
        parts = parts_of(message.raw)
        if any(not _is_csam(report) for report in parts.reports):
            raise ChannelFailed(NO_SLOT, permanent=True)
        endpoint = Endpoint(message.address, self._guard)
        token = self._token(message.address, endpoint)
        body = json.dumps(_report(message, parts, self._settings.iccam_user)).encode()
        connection = endpoint.connect()
        try:
            before_commit()
        except BaseException:
            connection.close()
            raise
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        status, answer = endpoint.post(connection, "/rest/reports", body, headers)
        if status == 401:
            self._tokens.pop(message.address, None)
            raise ChannelFailed(TOKEN_REFUSED)
        require_success(status)
        return [Taken(message.key, number_of(_number(answer)))]

    def find(self, address: str, key: str) -> Taken | None:
        """The report with our reference; None for an empty list, or one that cannot be read.

        A list of other reports is no answer to the question: it may be one page of many, the newest for instance.
        """
        endpoint = Endpoint(address, self._guard)
        headers = {"Authorization": f"Bearer {self._token(address, endpoint)}"}
        status, answer = endpoint.get(f"/rest/reports?{urlencode({'reference': key})}", headers)
        if status == 401:
            self._tokens.pop(address, None)
        require_success(status)
        reports = listed(answer)
        found = next((each for each in reports if key in (each.get("hotlineReference"), each.get("reference"))), None)
        if reports and found is None:
            raise ChannelFailed(OTHER_REPORTS)
        return None if found is None else Taken(key, number_of(found))

    def sign_in(self, address: str) -> None:
        """Get a token and nothing else. Raises ChannelFailed."""
        self._token(address, Endpoint(address, self._guard))

    def _token(self, address: str, endpoint: Endpoint) -> str:
        if address not in self._tokens:
            sign_in = {"username": self._settings.iccam_user, "password": self._settings.iccam_password}
            headers = {"Content-Type": "application/json"}
            try:
                connection = endpoint.connect()
                status, answer = endpoint.post(connection, "/Authentication", json.dumps(sign_in).encode(), headers)
            except DeliveryUncertain as error:
                raise ChannelFailed(error.reason) from None  # only signing in: no report was sent
            require_success(status if status != 401 else 403)
            token = _read(answer).get("bearerToken")
            if not isinstance(token, str) or not token.isascii() or not token.isprintable():
                raise ChannelFailed(NO_TOKEN)
            self._tokens[address] = token
        return self._tokens[address]


def _is_csam(report: dict[str, Any]) -> bool:
    return report["type"] == "csam" or "custom:csam" in report.get("tags", [])


def _report(message: Outgoing, parts: Parts, analyst: str) -> dict[str, Any]:
    """The report. ``analyst`` is the account: no person of ours is named there."""
    return {
        "reportingAnalystName": analyst,
        "hotlineReceivedDate": min(report["timestamp"] for report in parts.reports),
        "hotlineReference": message.key,
        "memo": parts.text,
        "sourceUrlUsername": "",
        "sourceUrlPassword": "",
        "sourceUrlReferrer": None,
        "sourceUrlSiteType": A_WEBSITE,
        "sourceUrlCommerciality": NOT_DETERMINED,
        "sourceUrlPaymentMethods": [NOT_DETERMINED],
        "urls": [_url(message, number, report, analyst) for number, report in enumerate(parts.reports, 1)],
    }


def _url(message: Outgoing, number: int, report: dict[str, Any], analyst: str) -> dict[str, Any]:
    """One address. The first is the source, as each report has one; digests have no field, and stand in the memo."""
    digests = ", ".join(f"{kind} {value}" for kind, value in report.get("hash_values", {}).items())
    return {
        "urlString": report["url"],
        "hotlineReference": f"{message.key}.{number}",
        "hostingIpAddress": _ip_address(report["source_identifier"]),
        "isSourceUrl": number == 1,
        "memo": "; ".join(filter(None, (f"seen {report['timestamp']}", digests))),
        "contentType": MEDIA,
        "assessment": {
            "assessingAnalystName": analyst,
            "classification": BASELINE if report.get("classification") == "baseline" else NATIONAL,
            "ageCategorization": _age(report),
            "genderCategorization": NOT_DETERMINED,
        },
        "actions": [],
    }


def _ip_address(identifier: str) -> str | None:
    """The address at which the host was found; None where only its name is known."""
    try:
        return str(ipaddress.ip_address(identifier))
    except ValueError:
        return None


def _age(report: dict[str, Any]) -> int:
    """Our 9 to 12 lies in ICCAM's class of 3 to 13; our other classes straddle two of its, so none is claimed."""
    return PREPUBESCENT if report.get("classification", "")[:1] == "B" else NOT_CATEGORISED


def _read(answer: bytes) -> dict[str, Any]:
    try:
        answered = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return answered if isinstance(answered, dict) else {}


def _number(answer: bytes) -> dict[str, Any]:
    """The answer to a report: its number alone, or an object that has it."""
    with contextlib.suppress(ValueError, RecursionError):
        answered = json.loads(answer)
        if isinstance(answered, int | str) and not isinstance(answered, bool):
            return {"reportId": answered}
    return _read(answer)


def listed(answer: bytes) -> list[dict[str, Any]]:
    """The reports that an answer lists; none when it cannot be read."""
    try:
        answered = json.loads(answer)
    except (ValueError, RecursionError):
        return []
    rows = answered.get("reports") if isinstance(answered, dict) else answered
    return [each for each in rows if isinstance(each, dict)] if isinstance(rows, list) else []


def number_of(answered: dict[str, Any]) -> str:
    """As it may be stored: an answer is another's word, and PostgreSQL refuses a NUL."""
    return "".join(filter(str.isprintable, str(answered.get("reportId", answered.get("id", "")))[:80]))
