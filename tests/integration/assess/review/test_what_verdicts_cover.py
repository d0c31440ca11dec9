"""What a verdict covers (``docs/domain/deciding.md``), row by row over the whole way: the preview, items, the own list,
a hold and its release, the letter, the policy of R12, and a review that takes the verdict back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pytest

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review import services
from orbweaver.assess.review.appeals import request_review
from orbweaver.assess.review.models import ReviewItem, Verdict
from orbweaver.detect.hashlists.models import HashListEntry
from orbweaver.detect.matching.models import Sighting
from orbweaver.notify.notices.letters.parts import parts_of
from orbweaver.notify.notices.models import NoticeUrl, OutboxMessage
from orbweaver.notify.notices.routing.holding import hold, lift, release_held
from orbweaver.notify.notices.routing.previews import preview_for_item
from orbweaver.notify.notices.services import issue_notices
from orbweaver.notify.providers.services import add_contact, add_provider
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Role

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
FORUM, ALBUM = "https://forum.example/stolen.png", "https://family.example/beach.png"
LATER = "https://mirror.example/found-later.png"
NOTHING = Answers(is_child=False, is_harmed=False)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]


@dataclass(frozen=True)
class Row:
    """One row of the table: its first cell, answers that lead there, and what follows."""

    name: str
    answers: Answers
    medium: bool = True
    """It covers all sightings of the item, and its hashes."""
    straight: bool = False
    """The policy of R12 may send further sightings straight to a notice."""


ROWS = (
    Row("`csam`", Answers(True, True, Category.CSAM, 3, 5), straight=True),
    Row("`csam_related` a", Answers(True, True, Category.CSAM_RELATED, 3, 5)),
    Row("`other_harmful` c", Answers(True, True, Category.OTHER_HARMFUL, 3, 5, physical_abuse=True)),
    Row(
        "`other_harmful` b",
        Answers(True, True, Category.OTHER_HARMFUL, 3, 5, nude=True, sexualised_context=True),
        medium=False,
    ),
)


@pytest.fixture
def pair(make_person: Callable[..., User]) -> list[User]:
    return [make_person(name, Role.ANALYST) for name in ("Ann", "Bea")]


@pytest.fixture
def find(make_sighting: Callable[..., Sighting]) -> Callable[[str], Sighting]:
    return lambda url: make_sighting(b"one", url=url, page_url=urljoin(url, "/page"))


def answer(person: User, item: ReviewItem, answers: Answers) -> Verdict | None:
    taken = services.take(item.public_id, person, NOW)
    return services.record_assessment(item.public_id, person, answers, taken.version, NOW).verdict


def asked() -> set[str]:
    """The addresses about which somebody still has to say something."""
    items = ReviewItem.objects.exclude(state=ReviewItem.State.DECIDED)
    return {sighting.url for item in items for sighting in item.sightings.all()}


def test_the_table_has_a_row_for_each_verdict_that_removes() -> None:
    page = (Path(__file__).parents[4] / "docs" / "domain" / "deciding.md").read_text(encoding="utf-8")
    table = [line.split("|")[1].strip() for line in page.partition("| verdict |")[2].splitlines() if line[:3] == "| `"]
    assert table == [row.name for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_verdict_covers_what_the_table_says(
    row: Row,
    pair: list[User],
    find: Callable[[str], Sighting],
    make_person: Callable[..., User],
    set_config: Callable[..., None],
) -> None:
    set_config(policy_exact_verified="true", review_acts_alone_assessments=2)
    host = add_provider("Host", now=NOW, domains=["forum.example", "family.example"])
    add_contact(host, "abuse@host.example", now=NOW)
    held = hold("not yet", by=None, now=NOW, provider=host)
    (item,) = {*services.open_items([find(FORUM), find(ALBUM)], NOW)}
    judged = {FORUM, ALBUM} if row.medium else {FORUM}
    digest = bytes(item.media.sha256).hex()

    shown = " ".join(each.text for each in preview_for_item(item, row.answers, NOW))
    assert {url for url in (FORUM, ALBUM) if url.rpartition("/")[2] in shown} == judged

    verdicts = [answer(person, item, row.answers) for person in pair]
    verdict = verdicts[-1]
    assert verdict is not None
    assert asked() == {FORUM, ALBUM} - judged

    issue_notices(NOW)
    holds = verdict.notice_type != "csam"  # such a notice is never held (R41)
    assert OutboxMessage.objects.exists() != holds
    lift(held.public_id, by=None, now=NOW)
    assert release_held(NOW) == int(holds)
    words = parts_of(bytes(OutboxMessage.objects.get().raw)).text
    assert {url for url in (FORUM, ALBUM) if url.rpartition("/")[2] in words} == judged
    assert (digest in bytes(OutboxMessage.objects.get().raw).decode()) == row.medium

    own = HashListEntry.objects.filter(hash_list__kind="own")
    assert {entry.state for entry in own} == ({"active"} if row.medium else set())

    services.open_items([find(LATER)], NOW)
    issue_notices(NOW)
    assert NoticeUrl.objects.filter(url=LATER).exists() == row.straight
    assert (LATER in asked()) != row.straight

    appeal = request_review(verdict.public_id, by=None, requester="provider", reason="look again", now=NOW)
    answer(make_person("Sue", Role.SENIOR_ANALYST), appeal.item, NOTHING)
    states = dict(NoticeUrl.objects.values_list("url", "state"))
    assert states == dict.fromkeys(judged | ({LATER} if row.straight else set()), "withdrawn")
    assert {entry.state for entry in own.all()} == ({"withdrawn"} if row.medium else set())
