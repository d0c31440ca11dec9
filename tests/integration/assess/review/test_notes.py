"""Notes about an item: one's own at once, those of others once one has answered."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from tests.integration.doors.web.conftest import make_item, make_person, now, organisation, sign_in

from orbweaver.assess.criteria import Answers
from orbweaver.assess.review.models import Note
from orbweaver.assess.review.services import record_assessment, take
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role

__all__ = ["make_item", "make_person", "now", "organisation", "sign_in"]
pytestmark = pytest.mark.django_db


def test_a_note_is_kept_and_nobody_reads_it_before_their_own_answer(
    make_item: Any, sign_in: Any, now: dt.datetime
) -> None:
    item = make_item()
    ann, ben = sign_in("Ann", Role.ANALYST), sign_in("Ben", Role.ANALYST)
    address = f"/items/{item.public_id}/"
    ann.post(f"{address}notes/", {"words": "The boat is on\nthree other pictures."})
    assert "The boat is on<br>three other pictures." in ann.get(address).content.decode()
    assert "The boat" not in ben.get(address).content.decode()
    held = take(item.public_id, User.objects.get(display_name="Ben"), now)
    answers = Answers(is_child=False, is_harmed=False)
    record_assessment(item.public_id, User.objects.get(display_name="Ben"), answers, held.version, now)
    assert "The boat" in ben.get(address).content.decode()


def test_a_note_without_words_is_refused(make_item: Any, sign_in: Any) -> None:
    item = make_item()
    answer = sign_in("Ann", Role.ANALYST).post(f"/items/{item.public_id}/notes/", {"words": " \0 "})
    assert answer.status_code == 400
    assert Note.objects.count() == 0
