"""A person at the desk says "gone" or "still there" after a look at an address."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from orbweaver.errors import NotAllowed
from orbweaver.follow.recheck.errors import NotFollowed, SayingInvalid
from orbweaver.follow.recheck.models import Observation, RecheckTarget, Saying
from orbweaver.follow.recheck.rules import Event
from orbweaver.follow.recheck.services import say
from orbweaver.notify.notices.models import Notice, NoticeUrl
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event as Logged

from .hosts import Site

pytestmark = pytest.mark.django_db(transaction=True)
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
HALF = HOUR / 2
Check = Callable[[dt.datetime], list[Event | None]]
UNKNOWN_WORDS = (200, b"<html><body><p>Ang larawang ito ay wala na rito.</p></body></html>")


@pytest.fixture
def ann(make_person: Any) -> Any:
    return make_person("Ann", Role.ANALYST)


def test_gone_by_a_person_is_removed_once_a_check_still_sees_what_the_person_saw(
    check: Check, url: NoticeUrl, site: Site, ann: Any
) -> None:
    site.answers["/1.png"] = UNKNOWN_WORDS
    assert check(NOW + HOUR) == [None]
    assert say(url, "gone", "It says in Tagalog that the picture is no longer here.", by=ann, now=NOW + 2 * HOUR) == (
        Event.GONE_ONCE
    )
    url.refresh_from_db()
    assert url.state == "gone_once"
    assert check(NOW + 2 * HOUR + HALF) == [Event.REMOVED]
    url.refresh_from_db()
    assert (url.state, url.removed_at) == ("removed", NOW + 2 * HOUR)
    assert Notice.objects.get().state == "closed"
    saying = Saying.objects.get()
    assert (saying.by, saying.at, saying.said) == (ann, NOW + 2 * HOUR, "gone")
    assert Observation.objects.filter(vantage="person", outcome="gone", reason="person").count() == 1
    logged = Logged.objects.get(kind="recheck.said")
    assert (logged.actor, logged.subject, logged.details["said"]) == (ann, url.notice.public_id, "gone")
    assert "Tagalog" not in str(logged.details)


def test_gone_by_a_person_is_no_removal_where_the_next_check_sees_it(
    check: Check, url: NoticeUrl, site: Site, ann: Any, known: bytes
) -> None:
    say(url, "gone", "Nothing there.", by=ann, now=NOW)
    assert check(NOW + HOUR) == [Event.STILL_THERE]
    url.refresh_from_db()
    assert url.state == "live"
    assert RecheckTarget.objects.get().said == ""


def test_gone_by_a_person_waits_while_checks_see_something_else_and_a_second_look_of_a_person_confirms(
    check: Check, url: NoticeUrl, site: Site, ann: Any
) -> None:
    site.answers["/1.png"] = UNKNOWN_WORDS
    check(NOW + HOUR)
    said_at = NOW + 2 * HOUR
    say(url, "gone", "Gone.", by=ann, now=said_at)
    site.answers["/1.png"] = (500, b"oops")
    assert check(said_at + HALF) == [None]
    assert RecheckTarget.objects.get().due_at > said_at + HALF
    url.refresh_from_db()
    assert url.state == "gone_once"
    assert say(url, "gone", "Still gone.", by=ann, now=said_at + HOUR) == Event.REMOVED
    url.refresh_from_db()
    assert (url.state, url.removed_at) == ("removed", said_at)


def test_still_there_by_a_person_keeps_checks_that_cannot_see_it_from_calling_it_removed(
    check: Check, url: NoticeUrl, site: Site, ann: Any, known: bytes
) -> None:
    say(url, "there", "It shows once one is signed in.", by=ann, now=NOW)
    del site.answers["/1.png"]
    for hour in (1, 4, 12, 30):
        assert check(NOW + hour * HOUR) == [None]
    url.refresh_from_db()
    assert url.state == "live"
    target = RecheckTarget.objects.get()
    assert (target.outcome, target.reason) == ("unclear", "person_saw")
    assert not Observation.objects.filter(outcome="gone").exists()
    assert say(url, "gone", "Now it is gone for members, too.", by=ann, now=NOW + 40 * HOUR) == Event.GONE_ONCE
    assert check(NOW + 41 * HOUR) == [Event.REMOVED]


def test_still_there_by_a_person_is_used_up_once_a_check_sees_it(
    check: Check, url: NoticeUrl, site: Site, ann: Any
) -> None:
    say(url, "there", "I see it.", by=ann, now=NOW)
    assert check(NOW + HOUR) == [None]
    assert RecheckTarget.objects.get().said == ""
    del site.answers["/1.png"]
    assert check(NOW + 3 * HOUR) == [Event.GONE_ONCE]
    assert check(NOW + 4 * HOUR) == [Event.REMOVED]


def test_still_there_by_a_person_opens_what_was_called_removed_again(
    check: Check, url: NoticeUrl, site: Site, ann: Any
) -> None:
    del site.answers["/1.png"]
    check(NOW + HOUR)
    assert check(NOW + 2 * HOUR) == [Event.REMOVED]
    assert say(url, "there", "I see it at home.", by=ann, now=NOW + 3 * HOUR) == Event.REAPPEARED
    url.refresh_from_db()
    assert (url.state, url.notice.state) == ("reappeared", "open")


def test_a_word_needs_the_right_a_reason_and_an_address_that_is_followed(
    url: NoticeUrl, ann: Any, make_person: Any
) -> None:
    observer = make_person("Olga", Role.GOVERNMENT_OBSERVER)
    with pytest.raises(NotAllowed):
        say(url, "gone", "x", by=observer, now=NOW)
    for said, reason in (("gone", " "), ("perhaps", "x"), ("gone", "x" * 4_001)):
        with pytest.raises(SayingInvalid):
            say(url, said, reason, by=ann, now=NOW)
    NoticeUrl.objects.update(state="withdrawn")
    with pytest.raises(NotFollowed):
        say(url, "gone", "x", by=ann, now=NOW)
    assert not Saying.objects.exists()
