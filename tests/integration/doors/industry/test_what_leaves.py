"""What a verdict covers is what leaves: of sub-type b, which is about one place, no door names a hash (R32)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from orbweaver.assess.criteria import Answers, Category
from orbweaver.assess.review import services
from orbweaver.assess.review.appeals import request_review
from orbweaver.assess.review.models import ReviewItem, Verdict
from orbweaver.detect.media.models import Media
from orbweaver.people.accounts.models import User
from orbweaver.people.accounts.rules import Permission, Role

from .conftest import MakeKey, Running
from .things import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hotline")]
CSAM = Answers(True, True, Category.CSAM, 3, 5)
SUB_TYPE_B = Answers(True, True, Category.OTHER_HARMFUL, 3, 5, nude=True, sexualised_context=True)
DOORS = ("/api/v1/entries", "/exchange/v1/entries", "/stopncii/v1/FetchHashes", "/hashsharing/v2/entries")


def _answer(person: User, item: ReviewItem, answers: Answers) -> Verdict | None:
    taken = services.take(item.public_id, person, NOW)
    return services.record_assessment(item.public_id, person, answers, taken.version, NOW).verdict


def _digests(media: Media) -> list[str]:
    return [bytes(each).hex() for each in (media.sha256, media.sha1, media.md5, media.pdq or b"")]


def test_no_door_names_a_hash_whose_verdict_is_about_a_place(
    running: Running,
    key: MakeKey,
    make_person: Callable[..., User],
    make_sighting: Callable[..., Any],
    set_config: Callable[..., None],
) -> None:
    set_config(review_acts_alone_assessments=2)
    pair, senior = [make_person(name, Role.ANALYST) for name in ("Ann", "Bea")], make_person("Sue", Role.SENIOR_ANALYST)

    def judged(body: bytes, answers: Answers) -> Verdict:
        (item,) = services.open_items([make_sighting(body)], NOW)
        found = [_answer(person, item, answers) for person in pair][-1]
        assert found is not None
        return found

    picture, place, fallen = judged(b"one", CSAM), judged(b"two", SUB_TYPE_B), judged(b"three", CSAM)
    auth = ("any", key(Permission.LIST_READ, Permission.SCAN_USE))
    with httpx.Client(base_url=running.address, auth=auth, timeout=20) as client:
        before = {door: client.get(door).text for door in DOORS}
        assert all(any(digest in text for digest in _digests(fallen.media)) for text in before.values())
        review = request_review(fallen.public_id, by=None, requester="provider", reason="an album", now=NOW)
        _answer(senior, review.item, SUB_TYPE_B)
        running.follow()
        for door in DOORS:
            text = client.get(door).text
            assert any(digest in text for digest in _digests(picture.media)), door
            assert not [digest for each in (place, fallen) for digest in _digests(each.media) if digest in text], door
        asked = {"kind": "md5", "hashes": [bytes(each.media.md5).hex() for each in (picture, place, fallen)]}
        results = client.post("/api/v1/scan/hashes", json=asked).json()["results"]
    assert [each["classification"] for each in results] == ["csam", "no-known-match", "no-known-match"]
