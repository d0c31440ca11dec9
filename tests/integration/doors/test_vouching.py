"""What no emergency gives one person: a second account that agrees with them takes another's word, or time."""

from __future__ import annotations

import datetime as dt
from email import message_from_bytes
from email.policy import default

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from tests.integration.doors.test_one_person import (
    DAY,
    PASSWORD,
    MakePerson,
    ada,
    answer,
    by_emergency,
    enter,
    item,
    said_of,
    vouching,
)
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox

from orbweaver.assess.review.models import ReviewItem
from orbweaver.doors.changing import ask_for, carry_out
from orbweaver.doors.workers.changes import carry_out_due, tell_everybody
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.rules import Role
from orbweaver.people.accounts.services import create_organisation, record_training
from orbweaver.people.changes import services
from orbweaver.people.changes.models import Change
from orbweaver.platform.clock import real_now

__all__ = ["ada", "item", "mail", "mailbox"]

pytestmark = pytest.mark.django_db


def test_whom_one_person_adds_by_an_emergency_is_that_person_until_somebody_vouches(
    organisation: Organisation, item: ReviewItem, make_person: MakePerson, client: Client, now: dt.datetime
) -> None:
    """Invited by mail as well: both mailboxes may be one person's."""
    ada = make_person("Ada", Role.ADMINISTRATOR, Role.ANALYST)
    assert answer(client, ada, item) == 302  # people work here
    for name in ("One", "Two"):
        said = said_of(name, organisation, "mail")
        change = ask_for("person.added", "", name, said, by=ada, now=now)
        assert change is not None
        by_emergency(change, ada, now)
        person = User.objects.get(email=said["email"])
        record_training(person, "Sexual maturation", now.date())
        assert vouching(person).asked_by == ada
        assert answer(client, person, item) == 400
    item.refresh_from_db()
    assert item.state == "waiting"


def test_whom_one_person_lets_in_again_by_an_emergency_is_that_person_until_somebody_vouches(
    ada: User, item: ReviewItem, make_person: MakePerson, client: Client, now: dt.datetime
) -> None:
    """Who has the mailbox of somebody who left has their account, once it is switched on."""
    gone = make_person("Gone")
    assert answer(client, make_person("Ben"), item) == 302
    assert ask_for("person.switched_off", gone.public_id, "Gone", {}, by=ada, now=now) is None
    change = ask_for("person.switched_on", gone.public_id, "Gone", {}, by=ada, now=now)
    assert change is not None
    by_emergency(change, ada, now)
    gone = User.objects.get(pk=gone.pk)
    assert (gone.is_active, gone.made_alone_by) == (True, ada)
    assert vouching(gone).due_at == now + DAY


@pytest.mark.parametrize("kind", ["person.switched_off", "role.taken", "agreement.ended"])
def test_who_removes_alone_whoever_could_say_no_waits_a_month_and_not_a_day(
    mail: Mailbox, ada: User, item: ReviewItem, make_person: MakePerson, client: Client, kind: str
) -> None:
    now = real_now()
    mo = make_person("Mo", Role.HOTLINE_MANAGER)
    assert answer(client, make_person("Ben"), item) == 302
    if kind == "agreement.ended":
        partner = create_organisation(name="Partner", kind="hotline", country="DE")
        User.objects.filter(pk=mo.pk).update(organisation=partner)
        client.force_login(ada)
        ended = client.post(f"/agreements/{partner.agreements.get().public_id}/end/", {"because": "over"})
        assert ended.status_code == 302
    else:
        details = {"role": Role.HOTLINE_MANAGER.value} if kind == "role.taken" else {}
        change = ask_for(kind, mo.public_id, "Mo", details, by=ada, now=now)
        assert change is not None
        by_emergency(change, ada, now)
    client.force_login(ada)
    new = {"display_name": "New", "email": "new@hotline.example", "organisation": ada.organisation_id}
    page = client.post("/people/add/", new | {"roles": "analyst", "invitation": "mail"}, follow=True)
    assert "takes effect in a month" in page.content.decode()
    while tell_everybody():
        pass
    subjects = [str(message_from_bytes(raw, policy=default)["Subject"]) for _, raw in mail.received]
    assert any("takes effect in a month" in subject for subject in subjects)
    assert mo.email in {to for to, _ in mail.received}
    added = Change.objects.get(kind="person.added")
    assert (added.told_at is not None, carry_out_due(real_now() + 29 * DAY)) == (True, 0)
    assert carry_out_due(real_now() + 30 * DAY) == 1
    User.objects.filter(pk=mo.pk).update(is_active=True, organisation=ada.organisation)
    mo.role_grants.get_or_create(role=Role.HOTLINE_MANAGER, defaults={"granted_at": now})
    later = ask_for("role.granted", mo.public_id, "Mo", {"role": Role.ANALYST.value}, by=ada, now=now)
    assert later is not None
    assert later.due_at is None, "who is back agrees again"


def test_without_a_mail_server_the_day_begins_once_everybody_has_signed_in(
    ada: User, organisation: Organisation, item: ReviewItem, client: Client
) -> None:
    """Two people suffice, on one machine, with nothing else to install."""
    now = real_now() - dt.timedelta(minutes=1)
    one = enter("One", ada, organisation, now)
    User.objects.filter(pk=one.pk).update(password=make_password(PASSWORD))
    assert (tell_everybody(), vouching(one).told_at) == (0, None)
    assert client.post("/sign-in/", {"email": one.email, "password": PASSWORD}).status_code == 302
    assert b"One change waits" in client.get("/account/").content
    tell_everybody()
    assert vouching(one).told_at is not None
    assert carry_out_due(real_now() + DAY - dt.timedelta(minutes=1)) == 0
    assert carry_out_due(real_now() + DAY) == 1
    assert User.objects.get(pk=one.pk).made_alone_by is None


def test_somebody_who_was_switched_off_lately_cannot_be_told_without_a_mail_server(
    ada: User, organisation: Organisation, item: ReviewItem, now: dt.datetime
) -> None:
    one, two = (enter(name, ada, organisation, now) for name in ("One", "Two"))
    User.objects.filter(pk=two.pk).update(password=make_password(PASSWORD))
    assert ask_for("person.switched_off", two.public_id, "Two", {}, by=ada, now=real_now()) is None
    tell_everybody()
    assert vouching(one).told_at is None


def test_that_somebody_vouches_is_asked_for_again_after_it_was_refused_or_withdrawn(
    ada: User, organisation: Organisation, item: ReviewItem, make_person: MakePerson, client: Client, now: dt.datetime
) -> None:
    mo = make_person("Mo", Role.HOTLINE_MANAGER)
    one = enter("One", ada, organisation, now)
    client.force_login(ada)
    assert "Ask somebody to vouch" not in client.get(f"/people/{one.public_id}/").content.decode()
    services.refuse(vouching(one).public_id, by=mo, now=now)
    assert "Ask somebody to vouch" in client.get(f"/people/{one.public_id}/").content.decode()
    assert client.post(f"/people/{one.public_id}/vouch/").status_code == 302
    assert client.post(f"/people/{one.public_id}/vouch/").status_code == 409
    services.agree(vouching(one).public_id, by=mo, carry_out=carry_out, now=now)
    assert client.post(f"/people/{one.public_id}/vouch/").status_code == 404
