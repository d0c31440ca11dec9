"""Requests of survivors: rows of their own, the liaison, what comes first in the queue, what they are told."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from orbweaver.assess.linking.models import ToTell, UrgentReferral
from orbweaver.assess.review.asked_pictures import AskedPicture, asked_pictures
from orbweaver.assess.review.models import Appeal, ReviewItem
from orbweaver.assess.review.selectors import item_for
from orbweaver.detect.crawl.models import Lead
from orbweaver.detect.hashlists.models import EntryHash, HashList
from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import get_or_create_list
from orbweaver.detect.hashlists.writing import upsert_entries
from orbweaver.detect.intake.models import AskedHash, Report
from orbweaver.detect.intake.rules import AskedFor
from orbweaver.detect.intake.services import submit_report
from orbweaver.detect.matching.asked import AskedHashes, meet_recorded
from orbweaver.detect.matching.handovers import SightingsRecorded, sightings_recorded
from orbweaver.detect.matching.models import AskedSighting, Match, Sighting
from orbweaver.detect.matching.rules import Hit
from orbweaver.detect.matching.selectors import asked_for
from orbweaver.detect.matching.services import Finding, record_findings
from orbweaver.detect.media.frames import keep_frames
from orbweaver.doors import alert_kinds
from orbweaver.errors import InvalidInput
from orbweaver.fingerprints import Fingerprints, FramePdq
from orbweaver.fingerprints.result import StillPosition
from orbweaver.follow.survivors import selectors, services
from orbweaver.follow.survivors.models import Request
from orbweaver.follow.survivors.rules import Stage
from orbweaver.follow.survivors.services import Asked, ask, find_request, hand_on, withdraw
from orbweaver.notify.notices.routing.issuing import issue_notices
from orbweaver.people.audit.models import Event
from orbweaver.platform.network.urls import InvalidUrl

from ...conftest import NOW, World, prints_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]

URL = "https://images.example/me.png"
DAY = dt.timedelta(days=1)
WITHIN = dt.timedelta(hours=8)
"""Of the first visit of an address, as the setting has it."""


def asked(**said: Any) -> Asked:
    usual: dict[str, Any] = {
        "capacity": Request.Capacity.CHILD,
        "aim": Request.Aim.PICTURE,
        "at_risk": False,
        "urls": [URL],
        "network": "192.0.2.7",
    }
    return Asked(**(usual | said))


def stages(request: Request, now: dt.datetime) -> list[Stage]:
    [part] = selectors.progress_of(request, now).parts
    return part.stages


def test_two_people_who_name_one_url_have_a_request_each_and_nobody_elses_report_is_theirs() -> None:
    public = submit_report(URL, source=Report.Source.PUBLIC, now=NOW)
    partner = submit_report(URL, source=Report.Source.PARTNER, now=NOW)
    one, secret = ask(asked(form="1"), NOW)
    other, other_secret = ask(asked(form="2"), NOW)
    stranger = submit_report(URL, source=Report.Source.PARTNER, now=NOW)
    assert stranger == partner
    assert submit_report(URL, source=Report.Source.PUBLIC, now=NOW) != public
    assert len({one.reference, other.reference}) == len({secret, other_secret}) == 2
    reports = {part.report_id for request in (one, other) for part in request.parts.all()}
    assert len(reports) == 2
    assert not reports & {public.pk, partner.pk}


def test_the_same_form_sent_twice_is_one_request_with_the_same_secret() -> None:
    first, secret = ask(asked(form="a number"), NOW)
    again, same = ask(asked(form="a number", network="192.0.2.99"), NOW + dt.timedelta(minutes=1))
    assert (again.pk, same) == (first.pk, secret)
    changed, another = ask(asked(form="a number", words="and this"), NOW)
    assert changed.pk != first.pk
    assert another != secret


def test_only_reference_and_secret_together_open_a_request_and_the_secret_is_kept_as_a_digest() -> None:
    request, secret = ask(asked(), NOW)
    spaced = f" {secret[:4].upper()} {secret[4:]}"
    assert find_request(f"{request.reference[:4]} {request.reference[4:]}", spaced) == request
    assert find_request(request.reference, "x" * 16) is None
    assert find_request("0000000000", secret) is None
    assert secret.encode() not in bytes(Request.objects.get().secret)


def test_a_child_in_danger_is_with_the_liaison_in_the_same_transaction() -> None:
    request, _ = ask(asked(at_risk=True, words="He is in the next room."), NOW)
    referral = UrgentReferral.objects.get()
    assert request.referral == referral
    assert ToTell.objects.get().referral == referral
    assert "He is in the next room." in referral.words
    assert URL in referral.words


def test_addresses_reach_the_crawler_by_the_worker_and_those_of_text_alone_do_not() -> None:
    ask(asked(form="1"), NOW)
    ask(asked(form="2", aim=Request.Aim.TEXT, urls=["https://forum.example/thread"]), NOW)
    assert not Lead.objects.exists()
    assert hand_on(NOW + WITHIN) == 1
    assert hand_on(NOW + WITHIN) == 0
    assert Lead.objects.get().url == URL


def test_a_host_is_visited_at_any_moment_of_some_hours_and_does_not_tell_when_somebody_asked() -> None:
    for number in range(120):
        ask(asked(urls=[f"https://images.example/{number}.png"], network=f"192.0.{number}.1"), NOW)
    ask(asked(form="in danger", urls=["https://images.example/danger.png"], at_risk=True), NOW)
    assert UrgentReferral.objects.get().made_at == NOW, "people hear at once"
    by_then = {}
    for hours in range(9):
        hand_on(NOW + dt.timedelta(hours=hours))
        by_then[hours] = Lead.objects.count()
    assert by_then[0] <= 1
    assert all(abs(by_then[hours] - 121 * hours / 8) < 30 for hours in by_then), by_then
    assert by_then[8] == 121
    assert {lead.created_at for lead in Lead.objects.all()} == {NOW + dt.timedelta(hours=hour) for hour in range(1, 9)}


def test_addresses_of_one_request_have_a_moment_each() -> None:
    made, _ = ask(asked(urls=[f"https://images.example/{number}.png" for number in range(20)]), NOW)
    assert made.parts.values("visit_at").distinct().count() == 20


def test_what_is_withdrawn_is_not_visited_any_more() -> None:
    made, _ = ask(asked(), NOW)
    withdraw(made, NOW)
    assert hand_on(NOW + WITHIN) == 0
    assert not Lead.objects.exists()


def test_survivor_support_can_have_addresses_opened_now(make_person: Any) -> None:
    made, _ = ask(asked(), NOW)
    made.parts.update(visit_at=NOW + WITHIN)
    sol = make_person("Sol")
    assert services.visit_now(made, by=sol, now=NOW) == 1
    assert services.visit_now(made, by=sol, now=NOW) == 0
    assert hand_on(NOW) == 1


def test_an_address_that_people_of_ours_find_by_the_words_is_looked_at_and_told_as_theirs(make_person: Any) -> None:
    sol, place = make_person("Sol"), "https://app.example/found"
    made, _ = ask(asked(urls=[], words="It is in the app with the yellow bird."), NOW)
    assert selectors.progress_of(made, NOW + 2 * DAY).parts == []
    services.add_address(made, place, by=sol, now=NOW + 3 * DAY)
    assert selectors.progress_of(made, NOW + 2 * DAY).parts == []
    [part] = selectors.progress_of(made, NOW + 4 * DAY).parts
    assert (part.is_ours, part.stages) == (True, [Stage.LOOKING])
    assert hand_on(NOW + 3 * DAY + WITHIN) == 1
    assert Lead.objects.get().url == place
    with pytest.raises(InvalidInput, match="already"):
        services.add_address(made, place, by=sol, now=NOW + 3 * DAY)
    with pytest.raises(InvalidUrl):
        services.add_address(made, "in the app", by=sol, now=NOW)
    withdraw(made, NOW + 4 * DAY)
    made.refresh_from_db()
    with pytest.raises(InvalidInput, match="withdrawn"):
        services.add_address(made, "https://app.example/other", by=sol, now=NOW + 5 * DAY)


def test_a_request_that_names_nothing_says_so() -> None:
    with pytest.raises(InvalidInput, match="one internet address"):
        ask(asked(urls=[]), NOW)
    assert not Request.objects.exists()


def test_beyond_what_one_network_sends_in_an_hour_requests_wait_for_a_person_and_none_is_refused(
    set_config: Callable[..., None], make_person: Any
) -> None:
    set_config(survivor_requests_per_hour=2)
    made = [ask(asked(form=str(number)), NOW)[0] for number in range(3)]
    assert [each.waits_for_person for each in made] == [False, False, True]
    assert hand_on(NOW + WITHIN) == 2
    services.let_go_on(made[2], by=make_person("Sol"), now=NOW)
    assert hand_on(NOW + WITHIN) == 1


def test_what_a_survivor_names_comes_first_even_if_it_was_there_before(make_sighting: Any) -> None:
    other = make_sighting(b"other", url="https://images.example/other.png")
    mine = make_sighting(b"mine", url=URL)
    sightings_recorded.announce(SightingsRecorded([other, mine], NOW))
    assert not ReviewItem.objects.filter(rank_at__lt=NOW).exists()
    ask(asked(), NOW)
    sightings_recorded.announce(SightingsRecorded([other, mine], NOW + DAY))
    assert ReviewItem.objects.order_by("rank_at").first() == mine.review_items.get()
    assert mine.review_items.get().rank_at < NOW - 300 * DAY


def test_a_hash_meets_what_is_recorded_and_is_no_match_and_no_entry_of_a_list(make_sighting: Any) -> None:
    sighting = make_sighting(
        b"mine", matches=False, report_id=submit_report(URL, source=Report.Source.PUBLIC, now=NOW).pk
    )
    prints = prints_of(b"mine")
    ask(asked(urls=[], hashes=[AskedFor("sha256", prints.sha256), AskedFor("pdq", prints.pdq or b"")]), NOW)
    assert meet_recorded(NOW) == 2
    assert meet_recorded(NOW) == 0
    assert AskedSighting.objects.filter(sighting=sighting).count() == 2
    assert not Match.objects.exists()
    assert sighting.review_items.get().rank_at < NOW - 300 * DAY


def test_hashes_are_found_by_the_crawler_and_no_more_once_withdrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orbweaver.detect.matching.asked.FRESH_S", -1.0)
    index, prints = AskedHashes(), prints_of(b"mine")
    assert index.find([prints]) == [()]
    request, _ = ask(asked(urls=[], hashes=[AskedFor("pdq", prints.pdq or b"")]), NOW)
    number = AskedHash.objects.get().pk
    assert index.find([prints, prints_of(b"other")]) == [(number,), ()]
    withdraw(request, NOW)
    assert index.find([prints]) == [()]
    assert not AskedHash.objects.exists()


def test_crawlers_hear_that_one_hash_is_put_aside_while_another_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orbweaver.detect.matching.asked.FRESH_S", -1.0)
    index, prints = AskedHashes(), [prints_of(b"one"), prints_of(b"other")]
    ask(asked(urls=[], hashes=[AskedFor("sha256", each.sha256) for each in prints]), NOW)
    one, other = AskedHash.objects.order_by("pk")
    AskedHash.objects.filter(pk=one.pk).update(paused_at=NOW)
    assert index.find(prints) == [(), (other.pk,)]
    AskedHash.objects.filter(pk=one.pk).update(paused_at=None)
    AskedHash.objects.filter(pk=other.pk).update(paused_at=NOW)
    assert index.find(prints) == [(one.pk,), ()]


def test_what_a_survivor_asks_for_goes_to_review_though_a_list_calls_its_bytes_harmless() -> None:
    prints = prints_of(b"mine")
    good = get_or_create_list("Good", "us", NOW, HashList.Kind.KNOWN_GOOD)
    upsert_entries(good, [EntryRow("sha256", prints.sha256, "known_good", "unidentified", "", "us", False)], NOW)
    hit = Hit(EntryHash.objects.get(entry__hash_list=good).pk, "sha256")
    ask(asked(urls=[], hashes=[AskedFor("sha256", prints.sha256)]), NOW)
    found = Finding(
        url="https://elsewhere.example/a.png", address=None, body=b"mine", fingerprints=prints, hits=[hit], page=None,
        origin=Sighting.Origin.CRAWL, asked=[AskedHash.objects.get().pk],
    )  # fmt: skip
    [sighting] = record_findings([found], NOW)
    assert asked_for([sighting]) == {sighting.pk}


def test_where_a_redirect_led_is_asked_for_though_others_reported_it_first(make_sighting: Any) -> None:
    first = submit_report("https://short.example/a", source=Report.Source.PARTNER, now=NOW)
    make_sighting(b"mine", url=URL, page_url="https://images.example/me", report_id=first.pk)
    request, _ = ask(asked(urls=["https://short.example/b"]), NOW)
    sighting = make_sighting(
        b"mine", url=URL, page_url="https://images.example/me", report_id=request.parts.get().report_id
    )
    assert sighting.report_id == first.pk
    assert asked_for([sighting]) == {sighting.pk}
    withdraw(request, NOW)
    assert asked_for([sighting]) == set()


@pytest.mark.django_db(transaction=True)
def test_a_hash_that_a_crawler_finds_at_this_moment_is_withdrawn_with_what_it_found() -> None:
    prints = prints_of(b"mine")
    request, _ = ask(asked(urls=[], hashes=[AskedFor("sha256", prints.sha256)]), NOW)
    found = Finding(
        url=URL, address=None, body=b"mine", fingerprints=prints, hits=[], page=None, origin=Sighting.Origin.CRAWL,
        asked=[AskedHash.objects.get().pk],
    )  # fmt: skip

    def withdraw_without_waiting() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '1ms'")
            withdraw(request, NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as others, transaction.atomic():
        record_findings([found], NOW)
        with pytest.raises(OperationalError, match="lock timeout"):
            others.submit(withdraw_without_waiting).result()
    assert AskedSighting.objects.count() == 1
    withdraw(request, NOW)
    assert not AskedHash.objects.exists()
    assert not AskedSighting.objects.exists()


def test_what_a_request_put_first_is_as_any_other_once_withdrawn(world: World) -> None:
    sighting = world.verdict(URL, outcome="no_action", category="", notice_type="").item.sightings.get()
    request, _ = ask(asked(form="1"), NOW)
    assert asked_for([sighting]) == {sighting.pk}
    withdraw(request, NOW)
    assert asked_for([sighting]) == set()
    ask(asked(form="2"), NOW)
    assert asked_for([sighting]) == {sighting.pk}, "somebody else asks"


def test_what_nothing_was_to_be_done_about_is_reviewed_anew_once(world: World) -> None:
    verdict = world.verdict(URL, outcome="no_action", category="", notice_type="")
    sighting = verdict.item.sightings.get()
    ask(asked(form="1"), NOW)
    for _ in range(2):
        sightings_recorded.announce(SightingsRecorded([sighting], NOW))
    appeal = Appeal.objects.get()
    assert appeal.requester == "survivor"
    assert appeal.item.reason == ReviewItem.Reason.APPEAL


def test_what_the_person_is_told_follows_the_notice_until_it_is_gone_and_back(world: World) -> None:
    from orbweaver.notify.notices.models import Notice, NoticeUrl

    request, _ = ask(asked(), NOW - 3 * DAY)
    assert stages(request, NOW) == [Stage.LOOKING]
    world.verdict(URL)
    issue_notices(NOW)
    url = NoticeUrl.objects.get()
    assert stages(request, NOW + DAY) == [Stage.WRITING]
    Notice.objects.update(first_sent_at=NOW + DAY / 2)
    assert stages(request, NOW + DAY) == [Stage.TOLD]
    NoticeUrl.objects.update(state="removed", removed_at=NOW + 2 * DAY)
    assert stages(request, NOW + DAY) == [Stage.TOLD]
    assert stages(request, NOW + 2 * DAY) == [Stage.GONE]
    NoticeUrl.objects.filter(pk=url.pk).update(state="reappeared", reappeared_at=NOW + 4 * DAY, reappearances=1)
    assert stages(request, NOW + 4 * DAY) == [Stage.BACK]


def test_what_people_decide_is_told_with_the_next_update_and_not_at_once(world: World) -> None:
    """Who looks every minute learns of no moment at which somebody decided, appealed or proved something (R56)."""
    from orbweaver.assess.review.proved import withdraw_as_proved
    from orbweaver.notify.notices.models import Notice

    request, _ = ask(asked(), NOW - 3 * DAY)
    verdict = world.verdict(URL, decided_at=NOW + DAY / 4)
    sighting = verdict.item.sightings.get()
    verdict.item.decided_at = NOW + DAY / 4
    verdict.item.save()
    assert stages(request, NOW + DAY / 3) == [Stage.ASSESSING], "it was being assessed at the update"
    issue_notices(NOW + DAY / 4)
    assert stages(request, NOW + DAY / 3) == [Stage.ASSESSING], "a notice that was made since"
    assert stages(request, NOW + DAY) == [Stage.WRITING]
    Notice.objects.update(first_sent_at=NOW + DAY / 2)
    assert stages(request, NOW + DAY) == [Stage.TOLD]
    withdraw_as_proved(verdict, NOW + 1.25 * DAY)
    assert stages(request, NOW + 1.5 * DAY) == [Stage.TOLD], "proved since"
    assert stages(request, NOW + 2 * DAY) == [Stage.NOT_ASKED]
    later = ReviewItem.objects.create(
        media=verdict.media, reason="appeal", rank_at=NOW, required=2, created_at=NOW + 2.25 * DAY
    )
    later.sightings.add(sighting)
    assert stages(request, NOW + 2.5 * DAY) == [Stage.NOT_ASKED], "reviewed since"
    assert stages(request, NOW + 3 * DAY) == [Stage.ASSESSING]


def test_a_host_that_answers_nobody_is_not_told_as_a_removal(world: World) -> None:
    from orbweaver.notify.notices.models import Notice, NoticeUrl

    request, _ = ask(asked(form="1"), NOW - 3 * DAY)
    world.verdict(URL)
    issue_notices(NOW)
    Notice.objects.update(first_sent_at=NOW)
    NoticeUrl.objects.update(state="offline", offline_at=NOW + 2 * DAY)
    assert stages(request, NOW + DAY) == [Stage.TOLD]
    assert stages(request, NOW + 2 * DAY) == [Stage.SILENT]
    later, _ = ask(asked(form="2"), NOW + 3 * DAY)
    never, _ = ask(asked(form="3", urls=["https://nobody.example/x"]), NOW + 3 * DAY)
    assert stages(later, NOW + 6 * DAY) == stages(never, NOW + 6 * DAY), "it would tell that we knew of it"


def test_whoever_asks_about_what_was_removed_long_ago_is_told_as_little_as_anybody_for_a_day(world: World) -> None:
    from orbweaver.notify.notices.models import NoticeUrl

    world.verdict(URL)
    issue_notices(NOW)
    NoticeUrl.objects.update(state="removed", removed_at=NOW + DAY)
    first, _ = ask(asked(form="1"), NOW + 9 * DAY)
    never, _ = ask(asked(form="2", urls=["https://nobody.example/x"]), NOW + 9 * DAY)
    soon = [selectors.progress_of(each, NOW + 9.9 * DAY) for each in (first, never)]
    assert [(each.as_of, each.parts, each.next_update) for each in soon] == [(None, [], soon[0].next_update)] * 2


def test_of_what_was_removed_before_somebody_asked_they_read_what_whoever_is_the_first_to_ask_reads(
    world: World,
) -> None:
    from orbweaver.notify.notices.models import Notice, NoticeUrl

    verdict = world.verdict(URL)
    digest = AskedFor("sha256", bytes(verdict.media.sha256))
    issue_notices(NOW)
    Notice.objects.update(first_sent_at=NOW)
    NoticeUrl.objects.update(state="removed", removed_at=NOW + DAY)
    known, _ = ask(asked(form="1"), NOW + 9 * DAY)
    never, _ = ask(asked(form="2", urls=["https://nobody.example/x"]), NOW + 9 * DAY)
    from_home, _ = ask(asked(form="3", urls=[], hashes=[digest]), NOW + 9 * DAY)
    meet_recorded(NOW + 9 * DAY)
    for state in ("received", "unreachable", "fetched"):  # what the crawler finds there now, for each of the two
        Report.objects.exclude(url="").update(state=state)
        assert stages(known, NOW + 12 * DAY) == stages(never, NOW + 12 * DAY)
    assert stages(known, NOW + 12 * DAY) == [Stage.UNREACHABLE]
    assert stages(from_home, NOW + 12 * DAY) == [Stage.LOOKING]
    NoticeUrl.objects.update(state="reappeared", reappeared_at=NOW + 10 * DAY, reappearances=1)
    assert stages(known, NOW + 12 * DAY) == stages(from_home, NOW + 12 * DAY) == [Stage.TOLD]


def test_a_page_on_which_nothing_is_left_is_not_said_to_be_looked_at_for_ever(make_sighting: Any) -> None:
    request, _ = ask(asked(), NOW)
    Report.objects.update(state="fetched")
    assert stages(request, NOW + 2 * DAY) == [Stage.UNREACHABLE]
    make_sighting(b"found later", url=URL)
    Sighting.objects.update(first_seen_at=NOW + 9 * DAY)
    assert stages(request, NOW + 8 * DAY) == [Stage.LOOKING], "found since, and told with the next update"
    assert stages(request, NOW + 11 * DAY) == [Stage.ASSESSING]


def test_the_first_news_is_promised_for_a_day_on_which_it_is_there_in_every_time_zone() -> None:
    request, _ = ask(asked(), NOW)
    promised = selectors.progress_of(request, NOW).first_news_on
    begins_first = dt.datetime.combine(promised, dt.time(), dt.timezone(dt.timedelta(hours=12)))
    assert selectors.progress_of(request, begins_first).as_of is not None


def test_promises_ties_and_ends_are_kept_and_audited(make_person: Any) -> None:
    sol = make_person("Sol")
    first, _ = ask(asked(form="1"), NOW)
    second, _ = ask(asked(form="2", capacity=Request.Capacity.ADULT), NOW)
    made = services.promise(second, "We call on Friday, at school.", NOW.date(), by=sol, now=NOW)
    services.keep_promise(second, made.pk, by=sol, now=NOW)
    services.tie(second, first.reference, by=sol, now=NOW)
    with pytest.raises(InvalidInput):
        services.tie(second, second.reference, by=sol, now=NOW)
    with pytest.raises(InvalidInput):
        services.tie(second, "123", by=sol, now=NOW)
    assert list(selectors.requests()) == [first, second]
    services.finish(first, done=True, by=sol, now=NOW)
    assert list(selectors.requests()) == [second]
    assert list(selectors.requests(done=True)) == [first]
    second.refresh_from_db()
    assert second.tied_to == first
    assert {"survivor_request.promised", "survivor_request.tied", "survivor_request.done"} <= set(
        Event.objects.values_list("kind", flat=True)
    )


def test_a_hash_that_is_found_everywhere_is_put_aside_until_a_person_says_that_it_goes_on(
    make_sighting: Any, make_person: Any, set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orbweaver.detect.matching.asked.FRESH_S", -1.0)
    set_config(survivor_hash_most=2)
    index, prints = AskedHashes(), prints_of(b"logo")
    request, _ = ask(asked(urls=[], hashes=[AskedFor("sha256", prints.sha256)]), NOW)
    for number in range(3):
        make_sighting(b"logo", url=f"https://images.example/{number}.png")
    meet_recorded(NOW)
    assert AskedSighting.objects.count() == 2
    assert index.find([prints]) == [()]
    [held] = [each for each in alert_kinds.KINDS if each.name == "held_requests"]
    assert list(held.rows(NOW)) == [request], "who lets it go on is told"
    report = AskedHash.objects.get().report.public_id
    said = [f"{event.kind} {event.subject} {event.details}" for event in Event.objects.all()]
    assert any("survivor_hash.paused" in each for each in said)
    assert [each for each in said if report in each] == []
    services.let_go_on(request, by=make_person("Sol"), now=NOW)
    assert index.find([prints]) == [(AskedHash.objects.get().pk,)]


def film_of(body: bytes, *pdqs: bytes) -> Fingerprints:
    """A film with these further pictures, one a second."""
    frames = tuple(FramePdq(30 * number, float(number), pdq, 80) for number, pdq in enumerate(pdqs, 1))
    return dataclasses.replace(prints_of(body), mime="video/mp4", frames=frames)


def seen_film(prints: Fingerprints) -> Sighting:
    reported = submit_report("https://films.example/", source=Report.Source.PUBLIC, now=NOW).pk
    finding = Finding(
        "https://films.example/1.mp4", "192.0.2.1", b"film", prints, [], None, Sighting.Origin.REPORT, reported
    )
    return record_findings([finding], NOW)[0]


def test_a_picture_out_of_a_video_meets_a_film_that_is_recorded_and_who_opens_it_reads_when(
    make_person: Any,
) -> None:
    wanted, near, other = b"\x0f" * 32, b"\x0f" * 31 + b"\x00", b"\xf0" * 32
    sighting = seen_film(film_of(b"film", other, near))
    ask(
        asked(
            urls=[],
            hashes=[
                AskedFor("pdq", wanted, is_frame=True, time_s=12.5, quality=80),
                AskedFor("pdq", b"\x33" * 32, is_frame=True, time_s=14.0, quality=80),
            ],
        ),
        NOW,
    )
    assert meet_recorded(NOW) == 2
    assert AskedSighting.objects.get().sighting == sighting
    view = item_for(sighting.review_items.get().public_id, make_person("Ann"), NOW)
    assert view.asked_pictures == [AskedPicture(StillPosition(60, 2.0), 12.5, 4)]


def test_a_still_out_of_their_video_is_said_to_be_one(make_sighting: Any, make_person: Any) -> None:
    sighting = make_sighting(b"mine")
    keep_frames(sighting.media, prints_of(b"mine"), 50)
    still = AskedFor("pdq", prints_of(b"mine").pdq or b"", is_frame=True, time_s=7.0, quality=90)
    ask(asked(urls=[], hashes=[still]), NOW)
    meet_recorded(NOW)
    assert asked_pictures(sighting.media, [sighting]) == [AskedPicture(None, 7.0, 0)]


def test_a_picture_with_less_in_it_than_this_installation_compares_is_not_looked_for(
    set_config: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orbweaver.detect.matching.asked.FRESH_S", -1.0)
    set_config(match_quality_floor=70)
    prints, index = film_of(b"film", b"\x0f" * 32), AskedHashes()
    seen_film(prints)
    for quality, form in ((69, "1"), (70, "2")):
        ask(asked(urls=[], form=form, hashes=[AskedFor("pdq", b"\x0f" * 32, True, 1.0, quality)]), NOW)
    assert index.find([prints]) == [(AskedHash.objects.get(quality=70).pk,)]
    meet_recorded(NOW)
    assert AskedSighting.objects.get().asked.quality == 70
