"""One administrator alone gets no notice out, however many accounts they make: what these answer counts once."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client
from tests.integration.doors.workers.test_password_mail import text_of
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox

from orbweaver.assess.review.models import ReviewItem
from orbweaver.assess.review.queue import queue_for
from orbweaver.assess.review.services import open_items, take, take_next
from orbweaver.detect.matching.models import Sighting
from orbweaver.doors.changing import ask_for, carry_out, print_invitation
from orbweaver.doors.workers.changes import carry_out_due, tell_everybody
from orbweaver.doors.workers.invitations import mail_invitations
from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.people.accounts.invitations import letter_of
from orbweaver.people.accounts.models import Invitation, Organisation, User
from orbweaver.people.accounts.passwords import use_link
from orbweaver.people.accounts.rules import Role
from orbweaver.people.accounts.services import create_organisation, create_person, record_training
from orbweaver.people.audit.models import Event
from orbweaver.people.changes import services
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.rules import VOUCHED
from orbweaver.platform.clock import real_now

__all__ = ["mail", "mailbox"]

pytestmark = pytest.mark.django_db
MakePerson = Callable[..., User]
DAY = dt.timedelta(days=1)
PASSWORD = "a long enough passphrase"
CSAM = {"is_child": "yes", "is_harmed": "yes", "age_min": "6", "age_max": "8", "category": "csam"}


@pytest.fixture
def ada(make_person: MakePerson) -> User:
    return make_person("Ada", Role.ADMINISTRATOR)


@pytest.fixture
def item(make_sighting: Callable[..., Sighting], now: dt.datetime) -> ReviewItem:
    open_items([make_sighting()], now)
    return ReviewItem.objects.get()


def said_of(name: str, organisation: Organisation, invitation: str) -> dict[str, Any]:
    said: dict[str, Any] = {"display_name": name, "email": f"{name.lower()}@hotline.example"}
    said |= {"roles": [Role.ANALYST.value], "organisation": organisation.public_id}
    return said | {"invitation": invitation, "language": "en"}


def enter(name: str, by: User, organisation: Organisation, now: dt.datetime, invitation: str = "print") -> User:
    """An analyst, as the page of people enters them before anybody has looked at an item."""
    said = said_of(name, organisation, invitation)
    assert ask_for("person.added", "", name, said, by=by, now=now) is None
    person = User.objects.get(email=said["email"])
    record_training(person, "Sexual maturation", now.date())
    return person


def by_emergency(change: Change, by: User, now: dt.datetime) -> Change:
    return services.carry_out_alone(change.public_id, "It cannot wait", by=by, carry_out=carry_out, now=now)


def vouching(person: User) -> Change:
    return Change.objects.get(kind=VOUCHED, subject=person.public_id, state=Change.State.WAITING)


def answer(client: Client, person: User, item: ReviewItem) -> int:
    """By the pages: take it and answer; the status of what was sent last."""
    client.force_login(person)
    taken = client.post(f"/items/{item.public_id}/take/")
    if taken.status_code != 302:
        return taken.status_code
    item.refresh_from_db()
    return client.post(f"/items/{item.public_id}/assess/", CSAM | {"version": item.version}).status_code


def test_two_analysts_whom_one_person_made_are_one_before_the_first_look_and_after_a_day(
    ada: User, organisation: Organisation, item: ReviewItem, make_person: MakePerson, client: Client, now: dt.datetime
) -> None:
    one, two = (enter(name, ada, organisation, now) for name in ("One", "Two"))
    assert answer(client, one, item) == 302
    assert answer(client, two, item) == 400
    assert carry_out_due(now + 40 * DAY) == 0, "nobody was told"
    assert queue_for(two, now + DAY).waiting_for_me.n == 0
    assert take_next(two, now + DAY) is None
    item.refresh_from_db()
    assert (item.state, item.assessments.count()) == ("waiting", 1)
    assert answer(client, make_person("Ben"), item) == 302
    item.refresh_from_db()
    assert item.state == "decided"


def test_whoever_counts_with_another_reads_why_nothing_waits_for_them(
    ada: User, organisation: Organisation, item: ReviewItem, make_person: MakePerson, client: Client, now: dt.datetime
) -> None:
    one, two = (enter(name, ada, organisation, now) for name in ("One", "Two"))
    client.force_login(two)
    assert b"counted-once" not in client.get("/queue/").content, "an item waits for them"
    assert answer(client, one, item) == 302
    client.force_login(two)
    page = client.get("/queue/").content.decode()
    assert "the same person’s as: Ada, One." in page
    client.force_login(make_person("Ben"))
    assert b"counted-once" not in client.get("/queue/").content


def test_the_administrator_who_made_an_analyst_is_not_a_second_one(
    organisation: Organisation, item: ReviewItem, make_person: MakePerson, client: Client, now: dt.datetime
) -> None:
    ada = make_person("Ada", Role.ADMINISTRATOR, Role.ANALYST)
    one = enter("One", ada, organisation, now)
    assert answer(client, one, item) == 302
    with pytest.raises(InvalidInput):
        take(item.public_id, ada, now)
    with pytest.raises(NotAllowed, match="Nobody vouches"):
        by_emergency(vouching(one), ada, now)
    with pytest.raises(InvalidInput):
        take(item.public_id, ada, now)
    client.force_login(ada)
    page = client.get("/people/changes/").content.decode()
    assert "Nobody vouches for an account alone" in page
    assert "It cannot wait" not in page
    refused = client.post(f"/people/changes/{vouching(one).public_id}/alone/", {"reason": "Two of us"})
    assert (refused.status_code, "not even in an emergency" in refused.content.decode()) == (403, True)


def test_a_second_persons_word_makes_two_of_them(
    ada: User, organisation: Organisation, item: ReviewItem, make_person: MakePerson, client: Client, now: dt.datetime
) -> None:
    mo = make_person("Mo", Role.HOTLINE_MANAGER)
    one, two = (enter(name, ada, organisation, now) for name in ("One", "Two"))
    with pytest.raises(NotAllowed, match="yourself"):
        services.agree(vouching(one).public_id, by=ada, carry_out=carry_out, now=now)
    services.agree(vouching(one).public_id, by=mo, carry_out=carry_out, now=now)
    assert Event.objects.get(kind="person.vouched").details["agreed_by"] == mo.public_id
    assert (answer(client, one, item), answer(client, two, item)) == (302, 302)
    item.refresh_from_db()
    assert item.state == "decided"


def test_of_a_change_that_takes_a_day_nobody_hears_whose_agreement_ended(
    mail: Mailbox, ada: User, organisation: Organisation, item: ReviewItem, now: dt.datetime
) -> None:
    today = real_now().date()
    gone = create_organisation(name="Partner", kind="hotline", country="DE", agreement_ends_on=today - DAY)
    there = create_organisation(name="Another", kind="hotline", country="DE", agreement_ends_on=today + DAY)
    for name, home in (("Gil", gone), ("Tim", there)):
        create_person(
            email=f"{name}@partner.example",
            display_name=name,
            organisation=home,
            roles=(),
            password=None,
            by=ada,
            now=now,
        )
    Change.objects.create(kind="person.added", title="Eve", asked_by=ada, asked_at=now, due_at=now + DAY)
    assert tell_everybody() > 0
    told = {address for address, _ in mail.received}
    assert "tim@partner.example" in told
    assert "gil@partner.example" not in told


def test_whom_the_one_who_asks_has_switched_off_lately_is_told_all_the_same(
    mail: Mailbox, ada: User, organisation: Organisation, item: ReviewItem, now: dt.datetime
) -> None:
    one, two, three = (enter(name, ada, organisation, now) for name in ("One", "Two", "Three"))
    Change.objects.update(told_at=now)
    for person, at in ((one, real_now()), (two, real_now() - 31 * DAY)):
        assert ask_for("person.switched_off", person.public_id, person.display_name, {}, by=ada, now=at) is None
    Change.objects.create(kind="person.added", title="Eve", asked_by=ada, asked_at=now, due_at=now + DAY)
    assert tell_everybody() == 3
    assert {address for address, _ in mail.received} == {each.email for each in (ada, one, three)}


def test_where_nobody_else_can_vouch_it_takes_a_notice_to_all_and_a_day(
    mail: Mailbox, ada: User, organisation: Organisation, item: ReviewItem, client: Client, now: dt.datetime
) -> None:
    one, two = (enter(name, ada, organisation, now) for name in ("One", "Two"))
    at = real_now()
    assert tell_everybody() + tell_everybody() == 6  # three people, two changes
    assert {address for address, _ in mail.received} == {each.email for each in (ada, one, two)}
    assert carry_out_due(at + DAY - dt.timedelta(minutes=1)) == 0
    assert answer(client, one, item) == 302
    assert answer(client, two, item) == 400
    assert [carry_out_due(real_now() + DAY) for _ in range(3)] == [1, 1, 0]
    assert answer(client, two, item) == 302


@pytest.mark.parametrize(
    ("name", "address"), [("one", "other@hotline.example"), ("Somebody Else", "O.ne+two@hotline.example")]
)
def test_one_persons_second_account_does_not_answer_again(
    make_person: MakePerson, item: ReviewItem, client: Client, now: dt.datetime, name: str, address: str
) -> None:
    one, two = make_person("One"), make_person("Two")
    User.objects.filter(pk=two.pk).update(display_name=name, email=address)
    assert answer(client, one, item) == 302
    with pytest.raises(InvalidInput):
        take(item.public_id, User.objects.get(pk=two.pk), now)


def test_an_invitation_goes_to_the_person_by_mail_and_whoever_made_the_account_never_sees_the_link(
    mail: Mailbox, ada: User, organisation: Organisation, client: Client
) -> None:
    client.force_login(ada)
    said = {"display_name": "Bea", "email": "bea@hotline.example", "organisation": organisation.pk, "roles": "analyst"}
    page = client.post("/people/add/", said | {"invitation": "mail"}, follow=True).content.decode()
    assert "An invitation leaves by mail" in page
    assert (mail_invitations(), mail_invitations()) == (1, 0)
    [(address, raw)] = mail.received
    assert address == "bea@hotline.example"
    found = re.search(r"/password/([\w-]+)/", text_of(raw))
    assert found is not None
    bea = User.objects.get(email="bea@hotline.example")
    assert found[1] not in client.get(f"/people/{bea.public_id}/").content.decode()
    own = Client()
    assert "Choose a password" in own.get(f"/password/{found[1]}/").content.decode()
    assert own.post(f"/password/{found[1]}/", {"new": PASSWORD, "again": PASSWORD}).status_code == 302
    assert User.objects.get(pk=bea.pk).check_password(PASSWORD)
    refused = client.post(f"/people/{bea.public_id}/invite/", {"how": "print"}, follow=True).content.decode()
    assert "has chosen a password already" in refused


def test_a_server_that_cannot_now_is_asked_again_and_one_that_refuses_is_not(
    mail: Mailbox, ada: User, organisation: Organisation, now: dt.datetime
) -> None:
    enter("One", ada, organisation, now, "mail")
    mail.answers["rcpt"] = ["451 later"]
    assert mail_invitations() == 0
    due = Invitation.objects.get().due_at
    assert due is not None
    assert due > real_now()
    Invitation.objects.update(due_at=real_now())
    mail.answers["rcpt"] = ["550 nobody"]
    assert mail_invitations() == 0
    assert Invitation.objects.get().due_at is None
    assert Event.objects.filter(kind="person.invitation_refused").exists()


def test_whoever_prints_an_invitation_has_seen_it_so_another_has_to_vouch(
    ada: User, organisation: Organisation, make_person: MakePerson, now: dt.datetime
) -> None:
    mo, ben = make_person("Mo", Role.HOTLINE_MANAGER), make_person("Ben", Role.ADMINISTRATOR)
    one = enter("One", ada, organisation, now)
    services.agree(vouching(one).public_id, by=mo, carry_out=carry_out, now=now)
    assert User.objects.get(pk=one.pk).made_alone_by is None
    known_to_ada = print_invitation(one, "en", by=ada, now=now)
    link = print_invitation(one, "en", by=ben, now=now)
    with pytest.raises(NotAllowed):
        services.agree(vouching(one).public_id, by=ben, carry_out=carry_out, now=now)
    assert User.objects.get(pk=one.pk).made_alone_by == ben
    services.agree(vouching(one).public_id, by=ada, carry_out=carry_out, now=now)
    with pytest.raises(NotAllowed):
        use_link(known_to_ada.split("/")[-2], make_password(PASSWORD), real_now())
    use_link(link.split("/")[-2], make_password(PASSWORD), real_now())
    with pytest.raises(NotAllowed, match="already"):
        print_invitation(one, "en", by=ben, now=now)


def test_somebody_who_is_switched_off_is_not_written_to(
    mail: Mailbox, ada: User, organisation: Organisation, now: dt.datetime
) -> None:
    one = enter("One", ada, organisation, now, "mail")
    User.objects.filter(pk=one.pk).update(is_active=False)
    assert mail_invitations() == 0
    assert Invitation.objects.get().due_at is None
    User.objects.filter(pk=one.pk).update(is_active=True)
    letter = letter_of(Invitation.objects.select_related("person").get(), real_now())
    assert "One" in letter.get_content()


def test_where_nothing_is_archived_an_answer_is_work_that_is_guarded(
    client: Client, ada: User, item: ReviewItem, make_person: MakePerson, organisation: Organisation, now: dt.datetime
) -> None:
    """Without evidence nobody ever looks: items are assessed by their texts, and what one person changes waits too."""
    first = enter("Ann", ada, organisation, now)
    assert answer(client, make_person("Mo", Role.ANALYST), item) == 302
    grant = {"role": Role.SENIOR_ANALYST.value}
    assert ask_for("role.granted", first.public_id, first.display_name, grant, by=ada, now=now) is not None
