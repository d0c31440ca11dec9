"""What one person tries with accounts of their own, which nobody else has vouched for, against whoever could say no."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.integration.doors.test_one_person import DAY, MakePerson, answer, by_emergency, item, said_of, vouching
from tests.integration.notify.notices.conftest import Mailbox, mail, mailbox

from orbweaver.assess.review.models import ReviewItem
from orbweaver.doors.changing import ask_for, ask_to_vouch, carry_out
from orbweaver.doors.workers.changes import carry_out_due, letter_about, tell_everybody
from orbweaver.errors import Conflict, NotAllowed
from orbweaver.people.accounts.models import Organisation, User
from orbweaver.people.accounts.one_person import accounts_of
from orbweaver.people.accounts.rules import Role
from orbweaver.people.changes import services
from orbweaver.people.changes.models import Change
from orbweaver.people.changes.selectors import decided, to_be_told
from orbweaver.platform.clock import real_now

__all__ = ["item", "mail", "mailbox"]

pytestmark = pytest.mark.django_db
Emergency = Callable[..., User]


@pytest.fixture
def hal(make_person: MakePerson, item: ReviewItem, client: Client) -> User:
    """An administrator, where people work."""
    assert answer(client, make_person("Ben"), item) == 302
    return make_person("Hal", Role.ADMINISTRATOR)


@pytest.fixture
def added(organisation: Organisation, now: dt.datetime) -> Emergency:
    """Somebody whom one person adds by an emergency."""

    def add(name: str, by: User, *roles: Role) -> User:
        said = said_of(name, organisation, "mail") | {"roles": [role.value for role in roles]}
        _alone("person.added", "", name, by, now, **said)
        return User.objects.get(email=said["email"])

    return add


def _alone(kind: str, subject: str, name: str, by: User, now: dt.datetime, **details: object) -> None:
    change = ask_for(kind, subject, name, details, by=by, now=now)
    assert change is not None
    by_emergency(change, by, now)


def _let_in_again(person: User, by: User, now: dt.datetime) -> None:
    _alone("person.switched_off", person.public_id, person.display_name, by, now)
    _alone("person.switched_on", person.public_id, person.display_name, by, now)


def _role_for(person: User, by: User, now: dt.datetime) -> Change:
    change = ask_for("role.granted", person.public_id, "", {"role": Role.SENIOR_ANALYST.value}, by=by, now=now)
    assert change is not None
    return change


def _counts_as_one(one: User, other: User, now: dt.datetime) -> bool:
    one, other = (User.objects.get(pk=each.pk) for each in (one, other))
    change = Change(kind="role.granted", asked_by=one, asked_at=now)
    return other.pk in accounts_of(one) and services.why_not_agree(change, other, now) is not None


def test_two_accounts_that_let_each_other_in_again_count_once(hal: User, added: Emergency, now: dt.datetime) -> None:
    two = added("Two", hal, Role.ADMINISTRATOR)
    _let_in_again(hal, two, now)
    assert _counts_as_one(hal, two, now)


def test_an_account_lets_its_maker_in_again_and_does_not_free_itself_from_whoever_made_that_one(
    hal: User, added: Emergency, now: dt.datetime
) -> None:
    two = added("Two", hal, Role.ADMINISTRATOR)
    three = added("Three", two, Role.ADMINISTRATOR)
    _let_in_again(two, three, now)
    assert _counts_as_one(hal, two, now)
    assert _counts_as_one(hal, three, now)


def test_whoever_lets_in_somebody_whom_another_added_does_not_make_the_two_of_them_one(
    hal: User, added: Emergency, make_person: MakePerson, now: dt.datetime
) -> None:
    """Or that other one's word would count no more."""
    ada = make_person("Ada", Role.ADMINISTRATOR)
    new = added("New", ada, Role.ANALYST)
    assert ask_for("person.switched_off", new.public_id, "New", {}, by=hal, now=now) is None
    _alone("person.switched_on", new.public_id, "New", hal, now)
    assert _role_for(new, hal, now).due_at is None
    assert (_counts_as_one(hal, ada, now), _counts_as_one(hal, new, now)) == (False, True)


def test_an_account_with_the_names_of_those_who_could_say_no_asks_for_nothing_that_takes_a_day(
    hal: User, organisation: Organisation, make_person: MakePerson, now: dt.datetime
) -> None:
    ada, mo = make_person("Ada", Role.ADMINISTRATOR), make_person("Mo", Role.HOTLINE_MANAGER)
    said: dict[str, object] = {"display_name": ada.display_name, "email": mo.email.replace("@", "+1@")}
    said |= {"roles": [Role.ADMINISTRATOR.value], "organisation": organisation.public_id, "invitation": "print"}
    _alone("person.added", "", ada.display_name, hal, now, **said)
    own = User.objects.get(email=said["email"])
    assert services.seconds_of(own, now) == []
    assert _role_for(mo, own, now).due_at is None
    assert _role_for(ada, hal, now).due_at is None


def test_nobody_is_let_in_again_who_was_never_away(hal: User, make_person: MakePerson, now: dt.datetime) -> None:
    """By one emergency they would count as the account of whoever did it, and nobody could say no for a day."""
    ada = make_person("Ada", Role.ADMINISTRATOR)
    with pytest.raises(Conflict):
        ask_for("person.switched_on", ada.public_id, "Ada", {}, by=hal, now=now)


def test_nobody_vouches_for_an_account_that_counts_as_theirs_whoever_asked(
    hal: User, added: Emergency, make_person: MakePerson, now: dt.datetime
) -> None:
    """Who asked is somebody honest, who pressed a button."""
    two = added("Two", hal, Role.ADMINISTRATOR)
    mo, ada = make_person("Mo", Role.HOTLINE_MANAGER), make_person("Ada", Role.ADMINISTRATOR)
    services.refuse(vouching(two).public_id, by=mo, now=now)
    asked = ask_to_vouch(two, by=ada, now=now)
    for own in (hal, two):
        with pytest.raises(NotAllowed):
            services.agree(asked.public_id, by=own, carry_out=carry_out, now=now)
    services.agree(asked.public_id, by=mo, carry_out=carry_out, now=now)
    assert not _counts_as_one(hal, two, now)


def test_whoever_could_say_no_and_was_let_in_again_alone_is_not_back(
    hal: User, make_person: MakePerson, now: dt.datetime
) -> None:
    """They count as the account of whoever did it, so that their word is none."""
    mo = make_person("Mo", Role.HOTLINE_MANAGER)
    _let_in_again(mo, hal, now)
    assert _role_for(mo, hal, now).due_at == now + 30 * DAY


def test_whoever_was_removed_alone_and_asks_waits_a_day(
    hal: User, make_person: MakePerson, organisation: Organisation, now: dt.datetime
) -> None:
    ada = make_person("Ada", Role.ADMINISTRATOR)
    _alone("person.switched_off", ada.public_id, "Ada", hal, now)
    User.objects.filter(pk=ada.pk).update(is_active=True)
    User.objects.filter(pk=hal.pk).update(is_active=False)
    assert _role_for(hal, User.objects.get(pk=ada.pk), now).due_at == now + DAY


def test_whom_another_account_of_the_asker_switched_off_is_told(
    hal: User, added: Emergency, make_person: MakePerson, now: dt.datetime
) -> None:
    ada = make_person("Ada", Role.ADMINISTRATOR)
    two = added("Two", hal, Role.ADMINISTRATOR)
    _alone("person.switched_off", ada.public_id, "Ada", two, now)
    assert ada in to_be_told(_role_for(two, hal, now), now)


def test_whom_one_person_carries_out_alone_to_be_switched_off_is_told_whoever_had_asked_for_it(
    hal: User, make_person: MakePerson, now: dt.datetime
) -> None:
    ada, mo = make_person("Ada", Role.ADMINISTRATOR), make_person("Mo", Role.ADMINISTRATOR)
    change = ask_for("person.switched_off", ada.public_id, "Ada", {}, by=mo, now=now)
    assert change is not None
    by_emergency(change, hal, now)
    assert ada in to_be_told(_role_for(mo, hal, now), now)


def test_whom_one_person_lets_in_again_does_not_agree_for_thirty_days_though_somebody_vouched_before(
    hal: User, added: Emergency, make_person: MakePerson
) -> None:
    """As somebody whom one person adds. Whoever left, and vouched for long ago, may have another's mailbox by now."""
    now = real_now()
    mo, gone = make_person("Mo", Role.HOTLINE_MANAGER), added("Gone", hal, Role.HOTLINE_MANAGER)
    services.agree(vouching(gone).public_id, by=mo, carry_out=carry_out, now=now)
    User.objects.filter(pk__in=(mo.pk, gone.pk)).update(is_active=False)
    change = ask_for("person.switched_on", gone.public_id, "Gone", {}, by=hal, now=now)
    assert change is not None
    services.told(change, now)
    assert carry_out_due(real_now() + DAY) == 1
    later = real_now() + DAY
    assert services.seconds_of(hal, later) == []
    assert services.seconds_of(hal, later + 30 * DAY) == [gone]


def test_whom_one_person_lets_in_again_before_anybody_works_here_counts_as_theirs(
    make_person: MakePerson, now: dt.datetime
) -> None:
    hal, gone = make_person("Hal", Role.ADMINISTRATOR), make_person("Gone")
    assert ask_for("person.switched_off", gone.public_id, "Gone", {}, by=hal, now=now) is None
    assert ask_for("person.switched_on", gone.public_id, "Gone", {}, by=hal, now=now) is None
    assert _counts_as_one(hal, gone, now)


def test_what_an_account_asked_for_that_lost_a_role_since_waits_for_a_person(
    hal: User, make_person: MakePerson
) -> None:
    """As the account of somebody else's, which a thief used and from which it was taken at once."""
    now = real_now()
    change = _role_for(make_person("Bob"), hal, now)
    services.told(change, now)
    make_person("Ada", Role.ADMINISTRATOR)
    _alone("role.taken", hal.public_id, "Hal", User.objects.get(email__startswith="ada"), now, role="administrator")
    assert carry_out_due(now + DAY) == 1
    change.refresh_from_db()
    assert (change.state, change.due_at) == ("waiting", None)


def test_who_asks_under_somebody_elses_name_is_told_apart_by_the_address(
    hal: User, make_person: MakePerson, client: Client, now: dt.datetime
) -> None:
    ada = make_person("Ada", Role.ADMINISTRATOR)
    User.objects.filter(pk=make_person("Own", Role.ADMINISTRATOR).pk).update(display_name=ada.display_name)
    own = User.objects.get(email__startswith="own")
    client.force_login(hal)
    change = _role_for(hal, own, now)
    assert f"Asked for by Ada ({own.email})" in client.get("/people/changes/").content.decode()
    assert own.email in letter_about(change, hal).get_content()


def test_what_is_told_anew_is_another_mail(hal: User, make_person: MakePerson, now: dt.datetime) -> None:
    """Many mailboxes show one of each number alone."""
    change = _role_for(make_person("Bob"), hal, now)
    first, again = letter_about(change, hal)["Message-ID"], letter_about(change, hal)["Message-ID"]
    change.due_at = now + 3 * DAY
    assert first == again != letter_about(change, hal)["Message-ID"]


def test_what_one_person_carried_out_alone_is_in_sight_for_a_week_however_much_they_withdraw(
    hal: User, make_person: MakePerson, now: dt.datetime
) -> None:
    ada, bob = make_person("Ada", Role.ADMINISTRATOR), make_person("Bob")
    _alone("person.switched_off", ada.public_id, "Ada", hal, now)
    for _ in range(60):
        services.refuse(_role_for(bob, hal, now).public_id, by=hal, now=now + dt.timedelta(minutes=1))
    assert [change.title for change in decided(now + 6 * DAY) if change.forced_because] == ["Ada"]
    assert len(decided(now + 8 * DAY)) == 50


def test_the_mailbox_of_whoever_did_it_keeps_nobody_from_hearing_of_it(
    mail: Mailbox, hal: User, make_person: MakePerson, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it puts every mail off; nor is anybody else written to again and again for it."""
    take = mail.handle_RCPT

    async def put_off(*said: Any) -> str:
        return "451 later" if said[3] == hal.email else await take(*said)

    monkeypatch.setattr(mail, "handle_RCPT", put_off)
    bob = make_person("Bob")
    _alone("training.recorded", bob.public_id, "Bob", hal, now, course="SM", completed_on="2026-11-01")
    others = User.objects.filter(is_active=True).exclude(pk=hal.pk).count()
    assert [tell_everybody(), tell_everybody()] == [others, 0]


def test_nobody_keeps_signing_another_out_so_that_they_can_refuse_nothing(
    hal: User, make_person: MakePerson, client: Client
) -> None:
    ada = make_person("Ada", Role.ADMINISTRATOR)
    client.force_login(hal)
    ended = [client.post(f"/people/{ada.public_id}/sign-ins/end/").status_code for _ in range(4)]
    assert ended == [302, 302, 302, 409]


def test_a_mailbox_that_puts_mails_off_stops_no_word_to_others_nor_has_them_written_to_again(
    mail: Mailbox, hal: User, make_person: MakePerson, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob, take, refused = make_person("Bob"), mail.handle_RCPT, ["451 later"] * 4

    async def put_off(*said: Any) -> str:
        return refused.pop() if said[3] == bob.email and refused else await take(*said)

    monkeypatch.setattr(mail, "handle_RCPT", put_off)
    for name in ("First", "Second"):
        _alone("training.recorded", bob.public_id, name, hal, now, course=name, completed_on="2026-11-01")
    people = User.objects.filter(is_active=True).count()
    assert [tell_everybody() for _ in range(4)] == [2 * (people - 1), 0, 2, 0]
    assert not Change.objects.filter(told_at=None, state="done").exists()
