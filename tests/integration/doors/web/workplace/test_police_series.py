"""A series as police see it: what is new to them first, by family, with where it was seen and who was told of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyrage
import pytest

from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from django.test import Client

    from orbweaver.detect.matching.models import Sighting

    SignIn = Callable[..., Client]
    MakeSighting = Callable[..., Sighting]
NOW = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def lea(hotline: None, sign_in: SignIn) -> Client:
    return sign_in("Lea", Role.LAW_ENFORCEMENT_LIAISON)


def series_of_three(make_sighting: MakeSighting) -> tuple[Any, list[Any]]:
    """The lake: a picture that police list, a photographed print of it, and, seen last, one that nobody lists."""
    from orbweaver.assess.review.services import open_items
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item, open_series
    from orbweaver.detect.held.models import FoundCopy, HeldPicture
    from orbweaver.detect.matching.models import Match
    from orbweaver_trials.demo.pictures import edited

    seen = [
        make_sighting(edited(1), url="https://old.example/1.png", now=NOW),
        make_sighting(edited(2), url="https://print.example/2.png", now=NOW + dt.timedelta(days=1)),
        make_sighting(edited(3), url="https://new.example/3.png", now=NOW + dt.timedelta(days=2)),
    ]
    open_items(seen, NOW)
    Match.objects.filter(sighting__in=seen[1:]).delete()
    known, printed, new = (each.media for each in seen)
    held = HeldPicture.objects.create(media=known, data=b"", made_at=NOW)
    FoundCopy.objects.create(
        sha256=bytes(printed.sha256),
        held=held,
        decision="proved",
        proof="geometry",
        edits=["screen", "crop"],
        strength=0.9,
        mirrored=False,
        inliers=40,
        agreement=0.9,
        query_quad=[0.1, 0.1, 0.9, 0.1, 0.9, 0.9, 0.1, 0.9],
        reference_quad=[0, 0, 1, 0, 1, 1, 0, 1],
        found_at=NOW,
    )
    series = open_series("The lake", by=None, now=NOW)
    for media, reason, words in (
        (known, LinkReason.CLOTHING, "a red coat"),
        (printed, LinkReason.OTHER, "the print hangs on a wall"),
        (new, LinkReason.PLACE, "the room with the blue lamp"),
    ):
        link_item(series, media, reason=reason, words=words, by=None, now=NOW)
    return series, [known, printed, new]


def test_what_is_new_to_police_comes_first_and_a_photographed_print_stands_with_its_original(
    lea: Client, make_sighting: MakeSighting
) -> None:
    series, (known, printed, new) = series_of_three(make_sighting)
    page = lea.get(f"/urgent/police/series/{series.public_id}/").content.decode()
    rows = re.findall(r'<tr id="(med_[^"]+)"', page)
    assert rows == [new.public_id, known.public_id, printed.public_id]
    assert page.count('class="family"') == 2
    of_print = page.split(f'<tr id="{printed.public_id}"')[1].split("</tr>")[0]
    assert "A photographed print or screen; the original:" in of_print
    assert f'href="#{known.public_id}"' in of_print
    assert "cropped" in of_print
    assert "New to police" in page.split(f'<tr id="{new.public_id}"')[1].split("</tr>")[0]
    assert "hxxps://new[.]example/3.png" in page
    assert "<img" not in page
    assert "As police see it" in lea.get(f"/series/{series.public_id}/").content.decode()


def test_police_search_a_series_by_what_analysts_wrote(lea: Client, make_sighting: MakeSighting) -> None:
    series, (known, _, new) = series_of_three(make_sighting)
    page = lea.get(f"/urgent/police/series/{series.public_id}/", {"words": "LAMP blue"}).content.decode()
    assert new.public_id in page
    assert known.public_id not in page
    assert "2 other items do not hold these words." in page
    nothing = lea.get(f"/urgent/police/series/{series.public_id}/", {"words": "bicycle"}).content.decode()
    assert "No item holds these words." in nothing


def test_a_liaison_looks_once_counted_and_audited_and_nobody_else_does(
    lea: Client, sign_in: SignIn, make_sighting: MakeSighting
) -> None:
    from orbweaver.assess.review.models import Look
    from orbweaver.people.audit.models import Event

    series, (known, *_) = series_of_three(make_sighting)
    where = f"/urgent/police/series/{series.public_id}/look/{known.public_id}/"
    shown = f"/urgent/police/series/{series.public_id}/shown/"
    assert lea.post(shown, {"blur": "0"}, follow=True).status_code == 200
    asked = lea.post(where).content.decode()
    assert 'class="blur-0 part-whole"' in asked
    assert Look.objects.count() == 0
    token = asked.split(where)[1].split("/")[0]
    assert lea.get(f"{where}{token}/").headers["Content-Type"] == "image/jpeg"
    assert lea.get(f"{where}{token}/").status_code == 404
    assert [(each.item.media, each.person.display_name) for each in Look.objects.all()] == [(known, "Lea")]
    assert Event.objects.filter(kind="series.looked_at", subject=series.public_id).count() == 1
    stranger = make_sighting(b"elsewhere").media
    assert lea.post(f"/urgent/police/series/{series.public_id}/look/{stranger.public_id}/").status_code == 400
    assert sign_in("Ann", Role.ANALYST).post(where).status_code == 403


def test_what_was_told_to_whom_and_which_series_stand_beside_it(lea: Client, make_sighting: MakeSighting) -> None:
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.assess.series.models import PoliceWord
    from orbweaver.assess.series.police_words import Word, hear
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item, open_series
    from orbweaver.notify.police.models import Referral
    from orbweaver.notify.police.services import add_force, note_answer, refer

    series, (known, _, new) = series_of_three(make_sighting)
    add_force("Police of Example", "CA", str(pyrage.x25519.Identity.generate().to_public()), NOW)
    refer(ReviewItem.objects.get(media=known), Referral.Because.REQUEST, by=None, now=NOW)
    Referral.objects.update(state="sent", sent_at=NOW)
    note_answer(Referral.objects.get().public_id, refused=False, answer="CASE-12", by=None, now=NOW)
    hear(known, Word(PoliceWord.Said.RECOVERED, "Police of Example", "CA", NOW.date()), by=None, now=NOW)
    other = open_series("The pier", by=None, now=NOW)
    link_item(other, new, reason=LinkReason.PLACE, by=None, now=NOW)
    page = lea.get(f"/urgent/police/series/{series.public_id}/").content.decode()
    told = page.split('id="told"')[1].split("</section>")[0]
    assert "Police of Example" in told
    assert "CASE-12" in told
    assert "The child is safe" in page
    beside = page.split('id="beside"')[1].split("</section>")[0]
    assert "The pier" in beside
    assert "an item is in both" in beside


def test_a_notice_stands_among_what_was_told_with_what_is_not_removed(
    lea: Client, world: Any, now: dt.datetime
) -> None:
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item, open_series
    from orbweaver.notify.notices.models import Notice, NoticeUrl
    from orbweaver.notify.providers.services import add_provider

    verdict = world.verdict("https://images.example/1.png", children=2)
    notice = Notice.objects.create(
        provider=add_provider("Example Hosting", now=now),
        notice_type="csam",
        state="open",
        identified=False,
        created_at=now,
        first_sent_at=now,
    )
    for number, state in enumerate(("live", "removed")):
        NoticeUrl.objects.create(
            notice=notice,
            verdict=verdict,
            media=verdict.media,
            url=f"https://images.example/{number}.png",
            url_key=bytes([number]),
            host="images.example",
            detection="hash",
            seen_at=now,
            state=state,
        )
    series = open_series("The lake", by=None, now=now)
    link_item(series, verdict.media, reason=LinkReason.PLACE, by=None, now=now)
    page = lea.get(f"/urgent/police/series/{series.public_id}/").content.decode()
    told = page.split('id="told"')[1].split("</section>")[0]
    assert "Example Hosting" in told
    assert "Notice about 2 addresses" in told
    assert "1 not removed" in told
    assert "2 children" in page


def test_what_is_opened_on_trial_before_a_page_shows_it_is_in_the_custody_of_the_evidence(
    lea: Client, sign_in: SignIn, make_sighting: MakeSighting
) -> None:
    """By whom and for which case, as every other decryption: the page that asks, then the look (R63)."""
    from orbweaver.assess.linking.looking import try_side_by_side
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.assess.review.services import record_look, take, try_look
    from orbweaver.detect.captures.custody import Case, about, custody_of
    from orbweaver.people.accounts.models import User
    from orbweaver.people.audit.models import Event

    series, (known, printed, _) = series_of_three(make_sighting)
    assert lea.post(f"/urgent/police/series/{series.public_id}/look/{known.public_id}/").status_code == 200
    tried = Event.objects.filter(kind="evidence.tried")
    liaison = User.objects.get(display_name="Lea")
    assert [(each.subject, each.actor, each.details) for each in tried] == [
        (known.evidence.public_id, liaison, {"case": series.public_id})
    ]
    sign_in("Ann", Role.ANALYST)
    ann = User.objects.get(display_name="Ann")
    item = ReviewItem.objects.get(media=printed)
    from orbweaver.platform.clock import now

    take(item.public_id, ann, now())
    try_look(item.public_id, ann, now(), len)
    try_side_by_side(item.public_id, known.public_id, ann, now(), len)
    record_look(item.public_id, ann, now(), len)
    assert [(each.subject, each.actor, each.details["case"]) for each in tried.order_by("pk")[1:]] == [
        (printed.evidence.public_id, ann, item.public_id),
        (known.evidence.public_id, ann, item.public_id),
    ], "a look is recorded as a look"
    kinds = [each["kind"] for each in custody_of([], about(printed, item.public_id), Case("1", "A court"))["events"]]
    assert kinds.count("evidence.tried") == 1
    assert kinds.count("item.looked_at") == 1
