"""A process within one hotline's installation: it does what a JSON object a line tells it, and answers with a line."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from html import unescape
from re import DOTALL, search, sub
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import User


def serve() -> None:
    """Until the input ends."""
    from orbweaver.doors.cli.session import open_session

    with open_session():
        for line in sys.stdin:
            order = json.loads(line)
            print(json.dumps(DEEDS[order.pop("do")](**order)), flush=True)


def settle(own: str, partner: str) -> str:
    """The hotline with two analysts, and a partner. The key with which the partner fetches."""
    from orbweaver.people.accounts.rules import Permission, Role
    from orbweaver.people.accounts.services import (
        create_api_key,
        create_organisation,
        create_person,
        record_training,
    )
    from orbweaver.platform.clock import now

    year = now().date() + dt.timedelta(days=365)
    for name in (own, partner):
        create_organisation(name=name, kind="hotline", country="CA", vetted_on=now().date(), agreement_ends_on=year)
    for name in ("Ann", "Ben"):
        person = create_person(
            email=f"{name.lower()}@hotline.example",
            display_name=name,
            organisation=_organisation(own),
            roles=[Role.ANALYST],
            password="a long enough pass phrase for a trial",
            by=None,
            now=now(),
        )
        record_training(person, "Sexual maturation", now().date() - dt.timedelta(days=30))
    return create_api_key(_organisation(partner), "exchange", [Permission.LIST_READ], now())


def _organisation(name: str) -> Any:
    from orbweaver.people.accounts.models import Organisation

    return Organisation.objects.get(name=name)


def judge(seed: int, remove: bool, series: str = "") -> str:
    """A picture is seen, two analysts look and say so, and it may be put into a series. The item's number."""
    from orbweaver.assess.criteria import Answers, Category
    from orbweaver.assess.review import services
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item, open_series
    from orbweaver.people.accounts.models import User
    from orbweaver.platform.clock import now

    [item] = services.open_items([_sighting(seed)], now())
    answers = Answers(True, True, Category.CSAM, 3, 5) if remove else Answers(is_child=False, is_harmed=False)
    for person in User.objects.order_by("pk"):
        taken = services.take(item.public_id, person, now())
        services.record_assessment(item.public_id, person, answers, taken.version, now())
    if series:
        made = open_series(series, by=None, now=now())
        link_item(made, item.media, reason=LinkReason.CLOTHING, words="a red coat", by=None, now=now())
    return str(item.public_id)


def _sighting(seed: int) -> Any:
    from orbweaver.detect.hashlists.models import EntryHash
    from orbweaver.detect.hashlists.rules import EntryRow
    from orbweaver.detect.hashlists.services import get_or_create_list
    from orbweaver.detect.hashlists.writing import upsert_entries
    from orbweaver.detect.matching.models import Sighting
    from orbweaver.detect.matching.rules import Hit
    from orbweaver.detect.matching.services import Finding, PageContext, record_findings
    from orbweaver.fingerprints import fingerprint
    from orbweaver.platform.clock import now
    from orbweaver_trials.demo.pictures import edited

    body = edited(seed)
    prints = fingerprint(body)
    row = EntryRow("sha256", prints.sha256, "csam", "unidentified", "", "NCMEC", False)
    upsert_entries(get_or_create_list("Known", "NCMEC", now()), [row], now())
    known = EntryHash.objects.filter(kind="sha256", value=prints.sha256)
    finding = Finding(
        url=f"https://images.example/{seed}.png",
        address="192.0.2.1",
        body=body,
        fingerprints=prints,
        hits=[Hit(each.pk, "sha256") for each in known],
        page=PageContext(url=f"https://forum.example/{seed}", title="A page", alt=""),
        origin=Sighting.Origin.CRAWL,
        report_id=None,
    )
    return record_findings([finding], now())[0]


def page(item: str) -> str:
    """What the page of an item says of partner hotlines, to an analyst who has answered."""
    from django.test import Client

    client = Client()
    client.force_login(_ann())
    shown = client.get(f"/items/{item}/", headers={"host": "127.0.0.1"}).content.decode()
    found = search(r'id="partners".*?>(.*?)</section>', shown, DOTALL)
    return unescape(sub(r"\s+", " ", sub(r"<[^>]+>", " ", found[1]))) if found else ""


def _ann() -> User:
    from orbweaver.people.accounts.models import User

    return User.objects.get(display_name="Ann")


def standing() -> dict[str, Any]:
    """What is in this database: entries by lists and their hashes, what is said of own ones, what waits, verdicts."""
    from orbweaver.assess.review.models import Verdict
    from orbweaver.detect.exchanges.models import Feedback, Opinion, StatedVerdict
    from orbweaver.detect.hashlists.models import EntryHash, HashList, HashListEntry

    states = HashListEntry.State
    return {
        "entries": {each.name: each.entries.exclude(state=states.WITHDRAWN).count() for each in HashList.objects.all()},
        "hashes": {
            each.name: EntryHash.objects.filter(entry__hash_list=each).values("kind", "value").distinct().count()
            for each in HashList.objects.all()
        },
        "twice": EntryHash.objects.filter(entry__hash_list__name="Theirs").count()
        - EntryHash.objects.filter(entry__hash_list__name="Theirs").values("kind", "value").distinct().count(),
        "opinions": sorted(Opinion.objects.values_list("who", "kind", "confirms")),
        "feedback": sorted(Feedback.objects.values_list("kind", "confirms", "state")),
        "stated": StatedVerdict.objects.exclude(verdict={}).count(),
        "verdicts": list(Verdict.objects.order_by("pk").values_list("outcome", flat=True)),
    }


def pull() -> str:
    """Pull the partner's list, as the worker does; why it ended, "" at its end."""
    from orbweaver.detect.exchanges.models import Exchange
    from orbweaver.detect.exchanges.pulling import pull
    from orbweaver.errors import OrbweaverError
    from orbweaver.platform.clock import now

    try:
        pull(Exchange.objects.get(), now())
    except OrbweaverError as error:
        return str(error)
    return ""


def say() -> int:
    """Send the feedback that waits, as the worker does; how much left."""
    from orbweaver.detect.exchanges.giving import send_due
    from orbweaver.detect.exchanges.models import Feedback
    from orbweaver.platform.clock import now

    Feedback.objects.filter(state=Feedback.State.WAITING).update(next_at=now())
    return send_due(now())


def agreement(partner: str) -> str:
    """The agreement with it that is in force."""
    from orbweaver.people.accounts.agreements import in_force
    from orbweaver.platform.clock import now

    return str(in_force(now()).get(organisation__name=partner).public_id)


DEEDS: dict[str, Callable[..., Any]] = {
    "settle": settle,
    "judge": judge,
    "page": page,
    "standing": standing,
    "agreement": agreement,
    "pull": pull,
    "say": say,
}

if __name__ == "__main__":
    serve()
