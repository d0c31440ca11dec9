"""Whoever asked does not agree with us: a number, a day, an answer by who was not involved; nothing of others (R70)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from orbweaver.assess.review.models import Appeal, Assessment, Verdict
from orbweaver.errors import Conflict, InvalidInput
from orbweaver.follow.survivors import disagreements
from orbweaver.follow.survivors.models import Disagreement, Request
from orbweaver.follow.survivors.services import finish
from orbweaver.people.accounts.rules import Role
from orbweaver.people.objections import Answered
from orbweaver.platform.clock import now

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]

ADDRESS = "https://images.example/me.png"
DAY = dt.timedelta(days=1)
ASK = {"capacity": "adult", "danger": "no", "aim": "picture", "urls": ADDRESS, "form": "1"}


def asked(client: Any, days_ago: int = 3, **said: str) -> tuple[Request, str]:
    """A request of some days ago, with its secret."""
    page = client.post("/info/ask/", {**ASK, **said}).content.decode()
    [secret] = re.findall(r'class="mono keep" id="secret">([^<]+)<', page)
    request = Request.objects.latest("pk")
    Request.objects.filter(pk=request.pk).update(created_at=now() - days_ago * DAY)
    return Request.objects.get(pk=request.pk), secret


def look(client: Any, request: Request, secret: str, path: str = "/info/follow/", **more: str) -> str:
    [shown] = re.findall(r'name="form" value="([^"]+)"', client.get("/info/follow/").content.decode())
    sent = {"reference": request.reference, "secret": secret, "form": shown, **more}
    return str(client.post(path, sent).content.decode())


def disagree(client: Any, request: Request, secret: str, words: str = "It is me.") -> str:
    return look(client, request, secret, "/info/follow/again/", words=words)


def test_it_has_a_number_and_a_day_and_its_answer_comes_with_the_next_update_at_the_same_page(
    client: Any, make_person: Any
) -> None:
    request, secret = asked(client)
    assert "Do you not agree, or do you want to tell us more?" in look(client, request, secret)
    page = disagree(client, request, secret)
    made = Disagreement.objects.get()
    assert made.words == "It is me."
    assert made.answer_by == made.made_at + 14 * DAY
    assert made.public_id in page
    assert "You can read our answer here by" in page
    assert "What should we know?" not in page, "one at a time"
    sol = make_person("Sol", Role.SURVIVOR_SUPPORT)
    disagreements.answer(request, "kept", "We could not see anything there.", by=sol, now=now())
    before = look(client, request, secret)
    assert "We could not see anything there." not in before, "as everything else, with the daily update"
    Disagreement.objects.update(decided_at=now() - DAY)
    after = look(client, request, secret)
    assert "We could not see anything there." in after
    assert "our decision stays the same" in after
    assert "What should we know?" in after


def test_whether_it_is_offered_depends_on_the_request_alone(client: Any, world: Any) -> None:
    new, secret = asked(client, days_ago=0)
    assert "Do you not agree, or do you want to tell us more?" not in look(client, new, secret), "there is no news yet"
    unknown, secret_of_unknown = asked(client, form="2", urls="https://images.example/nobody-knows.png")
    world.verdict(ADDRESS)
    known, secret_of_known = asked(client, form="3")
    pages = [
        disagree(client, each, secret, "It is me.")
        for each, secret in ((unknown, secret_of_unknown), (known, secret_of_known))
    ]
    own = [page[page.index("You do not agree with us") :] for page in pages]
    plain = [re.sub(r"dis_\w+|value=\"[^\"]+\"", "…", page) for page in own]
    assert plain[0] == plain[1]


def test_a_wrong_secret_says_nothing_and_keeps_nothing(client: Any) -> None:
    request, _ = asked(client)
    answer = disagree(client, request, "aaaa aaaa aaaa aaaa")
    nobody = look(client, Request(reference="0000000000"), "aaaa", "/info/follow/again/", words="It is me.")
    assert "We do not know this number" in answer
    assert "We do not know this number" in nobody
    assert not Disagreement.objects.exists()


def test_the_same_words_sent_twice_or_after_a_withdrawal_are_no_second_one(client: Any) -> None:
    request, secret = asked(client)
    disagree(client, request, secret)
    disagree(client, request, secret)
    assert Disagreement.objects.count() == 1
    other, other_secret = asked(client, form="2")
    Request.objects.filter(pk=other.pk).update(withdrawn_at=now())
    disagree(client, other, other_secret)
    assert Disagreement.objects.count() == 1


def test_who_decided_before_does_not_answer_and_who_looked_neither(client: Any, make_person: Any, world: Any) -> None:
    request, secret = asked(client)
    disagree(client, request, secret)
    sol, sam = make_person("Sol", Role.SURVIVOR_SUPPORT), make_person("Sam", Role.SURVIVOR_SUPPORT)
    finish(request, done=True, by=sol, now=now())
    request.refresh_from_db()
    with pytest.raises(Conflict, match="Somebody else has to answer"):
        disagreements.answer(request, "kept", "No.", by=sol, now=now())
    both = make_person("Both", Role.SURVIVOR_SUPPORT, Role.ANALYST)
    item = world.item(ADDRESS)
    Assessment.objects.create(
        item=item,
        analyst=both,
        made_at=now(),
        outcome="no_action",
        criteria_version="1",
        answers={},
        training_completed_on=now().date(),
    )
    with pytest.raises(Conflict, match="Somebody else has to answer"):
        disagreements.answer(request, "kept", "No.", by=both, now=now())
    disagreements.answer(request, "changed", "You are right.", by=sam, now=now())
    assert Disagreement.objects.get().decided_by == sam


def test_a_senior_who_was_not_involved_looks_before_it_is_answered(
    client: Any, make_person: Any, world: Any, sign_in: Any
) -> None:
    request, secret = asked(client)
    disagree(client, request, secret)
    verdict = world.verdict(ADDRESS, outcome="no_action")
    sol = sign_in("Sol", Role.SURVIVOR_SUPPORT)
    path = f"/requests/{request.public_id}/"
    assert "Have them looked at once more" in sol.get(path).content.decode()
    sol.post(path, {"action": "review-pictures"})
    appeal = Appeal.objects.get()
    assert appeal.verdict == Verdict.objects.get(pk=verdict.pk)
    assert appeal.requester == "survivor"
    said = {"action": "answer-disagreement", "outcome": "kept", "answer": "Two people looked."}
    assert "A senior analyst still looks" in sol.post(path, said, follow=True).content.decode()
    Appeal.objects.update(decided_at=now(), outcome="upheld")
    sol.post(path, said)
    assert Disagreement.objects.get().answer == "Two people looked."


def test_nobody_is_told_that_we_decide_differently_while_their_page_says_the_contrary(
    client: Any, make_person: Any, world: Any
) -> None:
    request, secret = asked(client)
    world.verdict(ADDRESS, outcome="no_action", decided_at=now() - 2 * DAY)
    disagree(client, request, secret)
    sol = make_person("Sol", Role.SURVIVOR_SUPPORT)
    with pytest.raises(Conflict, match="still says"):
        disagreements.answer(request, "changed", "You are right.", by=sol, now=now())
    world.verdict(ADDRESS, decided_at=now())
    disagreements.answer(request, "changed", "You are right.", by=sol, now=now())
    assert Disagreement.objects.get().outcome == "changed"


@pytest.mark.parametrize("words", ["See https://images.example/1", "It is itm_23456789ab", "hxxps://images", "  "])
def test_an_answer_names_no_address_and_no_number_of_ours(client: Any, make_person: Any, words: str) -> None:
    request, secret = asked(client)
    disagree(client, request, secret)
    with pytest.raises(InvalidInput):
        disagreements.answer(request, "kept", words, by=make_person("Sol", Role.SURVIVOR_SUPPORT), now=now())


def test_the_public_counts_those_of_whole_months_and_hides_few(client: Any) -> None:
    from orbweaver.account_for.transparency.datasets import answered

    at = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
    month = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    for number in range(8):
        request, _ = asked(client, form=str(number))
        late = number >= 6
        Disagreement.objects.create(
            request=request,
            words="x",
            made_at=month - 40 * DAY,
            answer_by=month - 26 * DAY,
            outcome="kept",
            decided_at=month - (20 if late else 30) * DAY,
        )
    for number in range(9):  # of this month: not counted yet
        request, _ = asked(client, form=f"new {number}")
        Disagreement.objects.create(request=request, words="x", made_at=month + DAY, answer_by=month + 15 * DAY)
    assert disagreements.disagreements_answered(month) == Answered(in_time=6, late=2)
    [row] = [each for each in answered(at).rows if each["asked_by"] == "survivor"]
    assert row["late"] == "<5"
    assert row["waiting"] == 0
    assert row["overdue"] == 0
