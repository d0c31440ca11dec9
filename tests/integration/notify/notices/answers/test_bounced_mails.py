"""A corpus of bounces by somebody who had not read how they are read, each to a provider of its own.

Each fourth is a sample; all of them are a sweep.
"""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from orbweaver.notify.notices.letters.tokens import bounce_address
from orbweaver.notify.notices.models import Notice, OutboxMessage
from orbweaver.notify.notices.services import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider

from ..post_office import NOW, PostOffice, go_on

pytestmark = pytest.mark.django_db(transaction=True)
BOUNCES = Path(__file__).parents[4] / "fixtures" / "mails" / "bounces.jsonl"


@cache
def bounces() -> list[dict[str, Any]]:
    return [json.loads(line) for line in BOUNCES.read_text(encoding="utf-8").splitlines()]


def told(office: PostOffice, number: int) -> list[str]:
    """Who got letters about what is at this provider, in their order."""
    places = [address for address, _ in office.received if address.endswith(f"@h{number}.example")]
    return [address.partition("@")[0] for address in places]


def come_back(office: PostOffice, number: int, bounce: dict[str, Any]) -> None:
    sent = OutboxMessage.objects.get(notice__provider__name=f"Host {number}", number=0)
    facts = {"rcpt": f"abuse@h{number}.example", "message_id": sent.message_id, "subject": "Please remove"}
    headers = {"From": bounce["sender"], "To": bounce_address(sent.occasion), "Subject": bounce["subject"]}
    headers |= {"MIME-Version": "1.0"} | bounce["headers"]
    raw = "\r\n".join(f"{name}: {value}" for name, value in headers.items())
    raw += "\r\n\r\n" + bounce["body"].replace("\n", "\r\n")
    for name, value in facts.items():
        raw = raw.replace(f"{{{name}}}", value)
    office.deliver(bounce_address(sent.occasion), raw.encode())


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.sweep)])
def test_each_moves_to_the_next_contact_or_is_tried_again_or_says_nothing(
    office: PostOffice, world: Any, every: int
) -> None:
    tried = bounces()[::every]
    for number in range(len(tried)):
        provider = add_provider(f"Host {number}", now=NOW, domains=[f"h{number}.example"])
        add_contact(provider, f"abuse@h{number}.example", now=NOW)
        add_contact(provider, f"noc@h{number}.example", now=NOW, source="rdap")
        world.verdict(f"https://h{number}.example/1.png")
    while issue_notices(NOW):
        pass
    for minutes in (0, 1):
        go_on(NOW + dt.timedelta(minutes=minutes), office)
    assert Notice.objects.count() == len(tried)
    for number, bounce in enumerate(tried):
        come_back(office, number, bounce)
    for minutes in (2, 3, 4):
        go_on(NOW + dt.timedelta(minutes=minutes), office)
    at_once = [told(office, number) for number in range(len(tried))]
    for minutes in (90, 91):
        go_on(NOW + dt.timedelta(minutes=minutes), office)
    later = [told(office, number) for number in range(len(tried))]
    expected = {
        "hard": (["abuse", "noc"], ["abuse", "noc"]),
        "soft": (["abuse"], ["abuse", "abuse"]),
        "none": (["abuse"], ["abuse"]),
    }
    wrong = [
        f"{bounce['name']} {bounce['lang']} {bounce['kind']}: {now}, then {then}"
        for bounce, now, then in zip(tried, at_once, later, strict=True)
        if (now, then) != expected[bounce["kind"]]
    ]
    assert not wrong, "\n".join(wrong)
