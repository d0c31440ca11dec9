"""What providers answer with the link in their notice."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from orbweaver.assess.criteria import Answers, Category
from orbweaver.errors import Conflict, InvalidInput, NotAllowed
from orbweaver.notify.notices.answers.disputes import look_again
from orbweaver.notify.notices.errors import BadToken
from orbweaver.notify.notices.handovers import RecheckWanted, recheck_wanted
from orbweaver.notify.notices.letters.tokens import PATH, answer_token
from orbweaver.notify.notices.models import Notice, PushBack, Reply, ToLookUp
from orbweaver.notify.notices.services import (
    answer,
    decide_push_back,
    issue_notices,
    preview,
    preview_for_item,
    read_answer_token,
    set_paused,
)
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.rules import Role
from orbweaver.people.audit.models import Event
from orbweaver.platform.clock import now as present

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def notice(world: Any) -> Notice:
    add_contact(add_provider("Host", now=NOW, domains=["host.example"]), "abuse@host.example", now=NOW)
    world.verdict("https://host.example/1.png")
    issue_notices(NOW)
    return Notice.objects.get()


@pytest.fixture
def wanted() -> Any:
    """URLs that somebody asked to check soon."""
    seen: list[str] = []

    def note(said: RecheckWanted) -> None:
        seen.extend(url.url for url in said.urls)

    with recheck_wanted.heard_by(note):
        yield seen


def test_the_link_in_the_mail_is_the_one_that_answers_its_notice(notice: Notice) -> None:
    text = preview(notice, NOW).text
    [link] = [line for line in text.splitlines() if PATH in line]
    assert read_answer_token(link.rstrip("/").rpartition("/")[2]) == notice


@pytest.mark.parametrize("token", ["", "ntc_x", "ntc_x.bad", "a.b.c"])
def test_a_link_that_was_not_made_here_opens_nothing(notice: Notice, token: str) -> None:
    with pytest.raises(BadToken):
        read_answer_token(token)


def test_a_link_for_one_notice_does_not_open_another(notice: Notice) -> None:
    signature = answer_token(notice.public_id).rpartition(".")[2]
    with pytest.raises(BadToken):
        read_answer_token(f"ntc_another.{signature}")


@pytest.fixture
def of_three(world: Any) -> Notice:
    """A notice about three addresses."""
    add_contact(add_provider("Host", now=NOW, domains=["host.example"]), "abuse@host.example", now=NOW)
    for number in range(3):
        world.verdict(f"https://host.example/{number}.png")
    issue_notices(NOW)
    return Notice.objects.get()


def test_one_address_is_removed_and_another_objected_to(of_three: Notice, wanted: list[str]) -> None:
    token = answer_token(of_three.public_id)
    first, second, third = of_three.urls.order_by("pk")
    assert answer(token, "removed", "", NOW, addresses=[first.pk]).named == [first.url]
    assert wanted == [first.url]
    answer(token, "push_back", "not_a_child", NOW, addresses=[second.pk])
    answer(token, "push_back", "not_a_child", NOW + HOUR, addresses=[third.pk], comment="That one, too.")
    objection = PushBack.objects.get()
    assert objection.named == [second.url, third.url]
    answer(token, "removed", "", NOW + HOUR / 2, addresses=[first.pk, second.pk])
    assert wanted == [first.url, second.url], "each address is checked once an hour for it"
    assert answer(token, "removed", "", NOW + 2 * HOUR, addresses=[first.pk, second.pk, third.pk]).named == []
    assert Event.objects.filter(kind="notice.answered", details__addresses="1").count() == 3


def test_an_address_of_another_notice_is_answered_by_no_link(of_three: Notice, world: Any) -> None:
    add_contact(add_provider("Other", now=NOW, domains=["other.example"]), "abuse@other.example", now=NOW)
    world.verdict("https://other.example/1.png")
    issue_notices(NOW)
    other = Notice.objects.exclude(pk=of_three.pk).get()
    with pytest.raises(InvalidInput):
        answer(answer_token(of_three.public_id), "removed", "", NOW, addresses=[other.urls.get().pk])
    assert not Reply.objects.exists()


def test_the_page_of_a_link_lists_the_addresses_and_takes_an_answer_for_each(
    of_three: Notice, client: Any, make_person: Any
) -> None:
    link = f"/public/answer/{answer_token(of_three.public_id)}/"
    page = client.get(link).content.decode()
    assert page.count("hxxps://host[.]example/") == 3
    assert page.count(" checked") == 3
    assert "https://host.example" not in page, "nothing on the page opens it"
    first, second, _third = of_three.urls.order_by("pk")
    boxes = [f"{of_three.public_id}:{each.pk}" for each in (first, second)]
    thanks = client.post(link, {"action": "removed", "notices": boxes[:1]}, follow=True).content.decode()
    assert "hxxps://host[.]example/0.png" in thanks
    client.post(link, {"action": "push_back", "reason": "not_illegal", "notices": boxes[1:]})
    assert Reply.objects.earliest("pk").named == [first.url]
    assert PushBack.objects.get().named == [second.url]
    assert client.post(link, {"action": "removed", "offered": "1"}).status_code == 400, "nothing is ticked"
    client.force_login(make_person("Mona", Role.HOTLINE_MANAGER))
    desk = client.get(f"/notices/{of_three.public_id}/").content.decode()
    assert "hxxps://host[.]example/1.png" in desk.partition('id="objections"')[2]
    assert "hxxps://host[.]example/0.png" in desk.partition("The provider answered: Removed")[2][:200]


def test_removed_brings_the_next_check_forward_and_is_kept_once(notice: Notice, wanted: list[str]) -> None:
    token = answer_token(notice.public_id)
    first = answer(token, "removed", "", NOW)
    assert answer(token, "removed", "", NOW + dt.timedelta(minutes=1)) == first
    assert Reply.objects.count() == 1
    assert wanted == ["https://host.example/1.png"]
    assert not PushBack.objects.exists()
    assert Event.objects.get(kind="notice.answered").actor_label == "provider"


def test_the_word_that_it_is_gone_brings_one_check_an_hour(notice: Notice, wanted: list[str]) -> None:
    token = answer_token(notice.public_id)
    for minute in range(0, 60, 10):
        answer(token, "removed", "", NOW + dt.timedelta(minutes=minute), comment=f"gone {minute}")
    answer(token, "push_back", "already_gone", NOW + dt.timedelta(minutes=59))
    assert wanted == ["https://host.example/1.png"]
    answer(token, "removed", "", NOW + dt.timedelta(hours=2), comment="really")
    assert len(wanted) == 2


def test_a_link_is_answered_so_often_within_an_hour_and_not_more(notice: Notice) -> None:
    token = answer_token(notice.public_id)
    for number in range(20):
        answer(token, "removed", "", NOW, comment=f"word {number}")
    with pytest.raises(Conflict, match="very often"):
        answer(token, "removed", "", NOW, comment="one more")
    answer(token, "removed", "", NOW + dt.timedelta(hours=1, minutes=1), comment="later")


def test_a_closed_notice_is_answered_no_more_and_its_link_ends(notice: Notice, client: Any, wanted: list[str]) -> None:
    token = answer_token(notice.public_id)
    page = f"{PATH}{token}/"
    assert "<textarea" in client.get(page).content.decode()
    Notice.objects.update(state="closed", closed_at=present() - dt.timedelta(days=2))
    with pytest.raises(Conflict, match="closed"):
        answer(token, "push_back", "not_a_child", NOW)
    shown = client.get(page).content.decode()
    assert "This notice is closed" in shown
    assert "<textarea" not in shown
    assert client.post(page, {"action": "removed"}).status_code == 400
    assert not Reply.objects.exists()
    assert wanted == []
    Notice.objects.update(closed_at=present() - dt.timedelta(days=91))
    with pytest.raises(BadToken, match="has ended"):
        read_answer_token(token)
    ended = client.get(page)
    assert ended.status_code == 404
    assert "its link has ended. Write to us instead." in ended.content.decode()


@pytest.mark.parametrize(
    ("action", "reason", "kept", "checks"),
    [
        ("not_ours", "", "not_ours", False),
        ("push_back", "not_a_child", "not_a_child", False),
        ("push_back", "wants_proof_of_age", "wants_proof_of_age", False),
        ("push_back", "already_gone", "already_gone", True),
    ],
)
def test_an_objection_waits_for_a_person_and_pauses_nothing(
    notice: Notice, wanted: list[str], action: str, reason: str, kept: str, checks: bool
) -> None:
    before = (notice.state, notice.remind_at)
    answer(answer_token(notice.public_id), action, reason, NOW, comment="We see it otherwise.\x00")
    push_back = PushBack.objects.get()
    assert (push_back.reason, push_back.outcome, push_back.comment) == (kept, "open", "We see it otherwise.")
    notice.refresh_from_db()
    assert (notice.state, notice.remind_at) == before
    assert bool(wanted) == checks


@pytest.mark.parametrize(("action", "reason"), [("delete", ""), ("push_back", ""), ("push_back", "because")])
def test_an_answer_that_does_not_exist_is_refused(notice: Notice, action: str, reason: str) -> None:
    with pytest.raises(InvalidInput):
        answer(answer_token(notice.public_id), action, reason, NOW)
    assert not Reply.objects.exists()


def test_a_person_decides_about_an_objection_and_it_may_come_again(notice: Notice, make_person: Any) -> None:
    token = answer_token(notice.public_id)
    answer(token, "push_back", "not_illegal", NOW)
    row = PushBack.objects.get()
    with pytest.raises(NotAllowed):
        decide_push_back(row.public_id, "upheld", make_person("Ann", Role.ANALYST), NOW)
    manager = make_person("Max", Role.HOTLINE_MANAGER)
    with pytest.raises(InvalidInput):
        decide_push_back(row.public_id, "open", manager, NOW)
    assert decide_push_back(row.public_id, "upheld", manager, NOW).decided_by == manager
    with pytest.raises(InvalidInput):
        decide_push_back(row.public_id, "conceded", manager, NOW)
    answer(token, "push_back", "not_illegal", NOW + dt.timedelta(days=1))
    assert PushBack.objects.filter(outcome="open").count() == 1


def test_who_says_not_ours_is_noted_to_be_looked_up_unless_the_desk_was_quicker(
    notice: Notice, make_person: Any
) -> None:
    for comment in ("It is not ours.", "It still is not."):
        answer(answer_token(notice.public_id), "not_ours", "", NOW, comment=comment)
    assert ToLookUp.objects.get().push_back == PushBack.objects.get()
    decide_push_back(PushBack.objects.get().public_id, "conceded", make_person("Max", Role.HOTLINE_MANAGER), NOW)
    assert look_again(NOW) == 0
    assert not ToLookUp.objects.exists()


def test_only_those_who_control_notices_may_pause_them(make_person: Any) -> None:
    with pytest.raises(NotAllowed):
        set_paused(True, "", make_person("Ann", Role.ANALYST), NOW)


ANSWERS = Answers(is_child=True, is_harmed=True, category=Category.CSAM, age_min=5, age_max=7)


def test_the_preview_of_an_item_tells_who_gets_what_and_stores_nothing(world: Any) -> None:
    add_contact(add_provider("Host", now=NOW, domains=["host.example"]), "abuse@host.example", now=NOW)
    item = world.item("https://host.example/1.png", "https://host.example/2.png", "https://nobody.example/3.png")
    known, unknown = preview_for_item(item, ANSWERS, NOW)
    assert (known.address, known.urls, known.held_reason) == ("abuse@host.example", 2, "")
    assert (unknown.address, unknown.urls) == ("", 1)
    assert "No contact known" in unknown.held_reason
    assert not Notice.objects.exists()


def test_what_is_previewed_is_what_is_sent_but_for_reference_and_time(world: Any) -> None:
    add_contact(add_provider("Host", now=NOW, domains=["host.example"]), "abuse@host.example", now=NOW)
    item = world.item("https://host.example/1.png")
    [before] = preview_for_item(item, ANSWERS, NOW)
    from orbweaver.assess.criteria import decide

    world.verdict(item=item, reasons=list(decide(ANSWERS).reasons))
    issue_notices(NOW)
    after = preview(Notice.objects.get(), NOW)

    def steady(text: str) -> list[str]:
        return [line for line in text.splitlines() if "ntc_" not in line]

    assert steady(before.text) == steady(after.text)


def test_the_preview_of_an_item_never_shows_what_lists_say(world: Any) -> None:
    item = world.item("https://host.example/1.png")
    [shown] = preview_for_item(item, ANSWERS, NOW)
    assert (shown.reports, shown.raw) == ([], b"")
    assert preview_for_item(item, Answers(is_child=False, is_harmed=False), NOW) == []
