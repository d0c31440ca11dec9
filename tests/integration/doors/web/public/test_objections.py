"""A provider that objects is told a number and a day, and reads the answer at the same link; the public counts both."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from orbweaver.errors import Conflict
from orbweaver.people.accounts.rules import Role

DAY = dt.timedelta(days=1)


def test_an_objection_has_a_number_a_day_and_its_answer_at_the_same_link_and_is_counted(
    hotline: None, world: Any, make_person: Any, now: dt.datetime
) -> None:
    from django.test import Client

    from orbweaver.account_for.transparency.datasets import answered
    from orbweaver.assess.review.models import Appeal, Assessment
    from orbweaver.notify.notices.letters.tokens import answer_token
    from orbweaver.notify.notices.models import Notice, PushBack
    from orbweaver.notify.notices.services import ask_for_review, decide_push_back, issue_notices
    from orbweaver.notify.providers.services import add_contact, add_provider

    add_contact(add_provider("Host", now=now, domains=["host.example"]), "abuse@host.example", now=now)
    world.verdict("https://host.example/1.png")
    issue_notices(now)
    link = f"/public/answer/{answer_token(Notice.objects.get().public_id)}/"
    said = {"action": "push_back", "reason": "not_a_child", "comment": "We know the person."}
    thanks = Client().post(link, said, follow=True).content.decode()
    objection = PushBack.objects.get()
    assert objection.answer_by == objection.made_at + 14 * DAY
    assert objection.public_id in thanks
    assert f"by {objection.answer_by:%-d %b %Y}, and is sent to you." in thanks
    manager = make_person("Max", Role.HOTLINE_MANAGER)
    with pytest.raises(Conflict, match="Have it reviewed first"):
        decide_push_back(objection.public_id, "upheld", manager, objection.made_at + DAY)
    ask_for_review(objection.public_id, manager, objection.made_at + DAY)
    with pytest.raises(Conflict):
        decide_push_back(objection.public_id, "upheld", manager, objection.made_at + DAY)
    Appeal.objects.update(outcome="upheld", decided_at=objection.made_at + DAY)
    involved = make_person("Ivy", Role.HOTLINE_MANAGER, Role.SENIOR_ANALYST)
    Assessment.objects.create(
        item=Appeal.objects.get().item,
        analyst=involved,
        made_at=now,
        outcome="remove",
        criteria_version="1",
        answers={},
        training_completed_on=now.date(),
    )
    with pytest.raises(Conflict, match="You took part in this decision"):
        decide_push_back(objection.public_id, "upheld", involved, objection.made_at + DAY)
    decide_push_back(objection.public_id, "upheld", manager, objection.made_at + DAY, words="A second analyst looked.")
    page = Client().get(link).content.decode()
    assert "A second analyst looked." in page
    assert "The notice stands" in page
    PushBack.objects.update(decided_at=objection.answer_by - DAY)
    for number in range(6):
        PushBack.objects.create(
            notice=objection.notice,
            reason="not_a_child",
            outcome="upheld",
            made_at=now,
            answer_by=now,
            decided_at=now + DAY * (number + 1),
        )
    for _ in range(5):
        PushBack.objects.create(
            notice=objection.notice, reason="not_a_child", outcome="upheld", made_at=now, answer_by=now, decided_at=now
        )
    later = objection.answer_by + 10 * DAY  # what is decided afterwards was open then
    [row] = [each for each in answered(later).rows if each["reason"] == "not_a_child"]
    assert (row["objections"], row["in_time"], row["late"]) == (12, 6, 6)
    shown = " ".join(Client().get("/public/providers/").content.decode().split())
    assert "Objections, and our answers" in shown
    assert "an answer with reasons within 14 days" in shown
