"""What waits is shown to whoever can do something about it, and to nobody else; mail says it once in a while."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from typing import TYPE_CHECKING, Any

import pytest
from tests.integration.conftest import NOW, MakePerson, SetConfig
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox

from orbweaver.doors.alert_kinds import KINDS
from orbweaver.doors.alerting import alerts_for, counts, waiting_in_bar
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import User

__all__ = ["mail", "mailbox"]
pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


def asks_for_help(*, at_risk: bool, at: dt.datetime = NOW) -> None:
    from orbweaver.follow.survivors.models import Request
    from orbweaver.follow.survivors.services import Asked, ask

    asked = Asked(Request.Capacity.CHILD, Request.Aim.PICTURE, at_risk=at_risk, urls=["https://a.example/1"])
    ask(asked, at)


def answers(number: int = 1) -> None:
    from orbweaver.notify.notices.models import IncomingAnswer

    for _ in range(number):
        IncomingAnswer.objects.create(words="We removed it.", came_at=NOW)


def kinds_for(person: User) -> list[str]:
    return [alert.kind.name for alert in alerts_for(person, NOW)]


def test_each_person_sees_what_they_can_do_something_about_and_since_when_it_waits(make_person: MakePerson) -> None:
    asks_for_help(at_risk=True)
    answers(2)
    lea, sol, mona, ann = (
        make_person(name, role)
        for name, role in (
            ("Lea", Role.LAW_ENFORCEMENT_LIAISON),
            ("Sol", Role.SURVIVOR_SUPPORT),
            ("Mona", Role.HOTLINE_MANAGER),
            ("Ann", Role.ANALYST),
        )
    )
    assert kinds_for(lea) == ["urgent"]
    assert kinds_for(sol) == ["at_risk"]
    assert kinds_for(mona) == ["answers"]
    assert kinds_for(ann) == []
    (alert,) = alerts_for(mona, NOW)
    assert (alert.count, alert.oldest_at, alert.words) == (2, NOW, "2 answers of providers wait to be read.")
    assert [waiting_in_bar(each, NOW) for each in (lea, sol, mona, ann)] == [1, 1, 1, 0]


def test_an_objection_whose_promised_answer_is_nearly_due_is_told_of_by_itself(make_person: MakePerson) -> None:
    from orbweaver.notify.notices.models import Notice, PushBack

    mona = make_person("Mona", Role.HOTLINE_MANAGER)
    notice = Notice.objects.create(notice_type="csam", state="open", identified=False, created_at=NOW)
    made: dict[str, Any] = {"notice": notice, "outcome": "open", "made_at": NOW - 9 * DAY}
    due = PushBack.objects.create(**made, reason="not_a_child", answer_by=NOW + 3 * DAY)
    assert kinds_for(mona) == ["objections"]
    PushBack.objects.create(**made, reason="not_illegal", answer_by=NOW + DAY)
    PushBack.objects.create(**made, reason="not_ours", answer_by=NOW - DAY)
    objections, nearly = alerts_for(mona, NOW)
    assert (objections.count, nearly.count) == (3, 2)
    assert nearly.words == "2 objections: the answers that were promised are due within two days, or late."
    PushBack.objects.exclude(pk=due.pk).update(outcome="upheld")
    assert kinds_for(mona) == ["objections"]


def test_every_kind_can_be_counted_and_has_a_page_that_whoever_is_told_may_open(make_person: MakePerson) -> None:
    from django.test import Client
    from django.urls import reverse

    assert counts(KINDS, NOW) == {}
    for number, kind in enumerate(KINDS):
        role = next(each for each in Role if make_probe(make_person, number, each).may(kind.permission))
        client = Client()
        client.force_login(make_probe(make_person, number, role))
        assert client.get(reverse(kind.page)).status_code == 200, kind.name


def make_probe(make_person: MakePerson, number: int, role: Role) -> User:
    from orbweaver.people.accounts.models import User

    name = f"{role.value}-{number}"
    return User.objects.filter(email=f"{name}@hotline.example").first() or make_person(name, role)


def texts(box: Mailbox) -> list[tuple[str, str]]:
    found = []
    for address, raw in box.received:
        part = email.message_from_bytes(raw, policy=email.policy.default).get_body(("plain",))
        assert part is not None
        found.append((address, str(part.get_content())))
    return found


def test_what_is_new_is_mailed_once_a_day_and_what_is_urgent_at_once(mail: Mailbox, make_person: MakePerson) -> None:
    from orbweaver.doors.workers.alerts import mail_alerts

    make_person("Mona", Role.HOTLINE_MANAGER)
    make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)
    assert mail_alerts(NOW) == 0
    answers()
    assert mail_alerts(NOW + DAY) == 1
    ((address, words),) = texts(mail)
    assert address == "mona@hotline.example"
    assert "- 1 answer of a provider waits to be read." in words
    assert "/alerts/" in words
    answers()
    assert mail_alerts(NOW + DAY * 1.5) == 0, "not twice a day"
    asks_for_help(at_risk=True)
    assert mail_alerts(NOW + DAY * 1.6) == 1
    assert texts(mail)[1][0] == "lea@hotline.example"
    assert mail_alerts(NOW + DAY * 2.1) == 1, "what came meanwhile, once"
    assert "- 2 answers" in texts(mail)[2][1]
    assert mail_alerts(NOW + DAY * 9) == 0, "nothing is new"


def test_who_wants_no_mails_gets_none_and_a_server_that_is_away_loses_none(
    mail: Mailbox, make_person: MakePerson, set_config: SetConfig
) -> None:
    from django.test import Client

    from orbweaver.doors.workers.alerts import mail_alerts
    from orbweaver.people.accounts.models import AlertMail

    mona = make_person("Mona", Role.HOTLINE_MANAGER)
    answers()
    mail.answers["mail"] = ["451 later"]
    assert mail_alerts(NOW) == 0
    assert mail_alerts(NOW + dt.timedelta(minutes=6)) == 1
    answers()
    client = Client()
    client.force_login(mona)
    client.post("/alerts/mail/", {"mail": "off"})
    assert mail_alerts(NOW + 3 * DAY) == 0
    client.post("/alerts/mail/", {"mail": "on"})
    AlertMail.objects.update(due_at=NOW)
    set_config(alert_mail_hours=0)
    assert mail_alerts(NOW + 4 * DAY) == 0


def test_the_bar_says_how_many_kinds_of_things_wait_and_the_page_names_them(make_person: Any) -> None:
    from django.test import Client

    client = Client()
    client.force_login(make_person("Mona", Role.HOTLINE_MANAGER))
    assert "Nothing waits for you." in client.get("/alerts/").content.decode()
    answers()
    page = client.get("/alerts/").content.decode()
    assert '<span class="count">1</span>' in page
    assert "1 answer of a provider waits to be read." in page
    assert 'href="/notices/answers/"' in page


def test_the_bar_counts_what_the_page_lists_first_and_what_takes_long_to_find_stands_apart(make_person: Any) -> None:
    from django.test import Client

    from orbweaver.notify.notices.models import Notice
    from orbweaver.people.changes.models import Change

    mona = make_person("Mona", Role.HOTLINE_MANAGER)
    client = Client()
    client.force_login(mona)
    answers()
    long_ago = NOW - 400 * DAY
    Notice.objects.create(
        notice_type="csam", state="open", identified=False, occasions=50, created_at=long_ago, first_sent_at=long_ago
    )
    Change.objects.create(kind="role.grant", title="Ann", asked_by=mona, asked_at=NOW)
    page = client.get("/alerts/").content.decode()
    waiting, _, further = page.partition("Also to know")
    assert waiting.partition('id="waiting"')[2].count("<li") == 2
    assert '<span class="count">2</span>' in page
    assert further.count("<li") == 1
    assert "1 notice is ignored by its provider." in further
    assert "The number at the bell says how many kinds these are." in waiting
    assert "The bell does not count this." in further


def test_the_bar_looks_for_one_of_each_kind_and_counts_no_further(make_person: MakePerson) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    mona = make_person("Mona", Role.HOTLINE_MANAGER)
    answers(3)
    with CaptureQueriesContext(connection) as queries:
        assert waiting_in_bar(mona, NOW) == 1
    asked = queries[-1]["sql"]
    assert asked.count("LIMIT 1) AS waiting") == asked.count("count(*)") > 3
    assert counts(KINDS, NOW)["answers"] == 3


def test_on_the_day_after_their_agreement_nobody_is_told_what_waits_by_page_or_mail(
    mail: Mailbox, make_person: MakePerson
) -> None:
    from django.test import Client

    from orbweaver.doors.workers.alerts import mail_alerts
    from orbweaver.people.accounts.services import create_organisation
    from orbweaver.people.changes.models import Change

    ada = make_person("Ada", Role.ADMINISTRATOR)
    lea = make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)
    mona = make_person("Mona", Role.HOTLINE_MANAGER)
    Change.objects.create(kind="person.added", title="Eve", asked_by=ada, asked_at=NOW)
    partner = create_organisation(
        name="Partner", kind="hotline", country="DE", agreement_ends_on=NOW.date() - DAY, scope=["receive", "assess"]
    )
    for each in (lea, mona):
        each.organisation = partner
        each.save()
    asks_for_help(at_risk=True)
    answers()
    for person in (lea, mona):
        assert alerts_for(person, NOW) == []
        assert waiting_in_bar(person, NOW) == 0
        client = Client()
        client.force_login(person)
        assert "waits for a second person" not in client.get("/account/").content.decode()
    mail_alerts(NOW)
    assert [each for each in texts(mail) if each[0] in (lea.email, mona.email)] == []
