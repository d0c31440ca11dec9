"""The ledger decides: each kind of wrong word is found, and a program that says only what is true is not blamed."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Any

import pytest

from orbweaver_trials.wild.drafting import plan
from orbweaver_trials.wild.judgement import Case, Evidence, cases, counts, must_be_told, stills, unplayed
from orbweaver_trials.wild.plan import End, Fate, Place, Way, end_of
from orbweaver_trials.wild.testimony import Reading

PLAN = plan()
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
NOW = START + dt.timedelta(days=20)


def event(days: float = 1.0, **more: Any) -> dict[str, Any]:
    return {**more, "at": "", "domain_at": (START + dt.timedelta(days=days)).isoformat()}


def mail(place: Place, party: str, days: float = 1.0, identified: str = "not known to be") -> dict[str, Any]:
    return event(
        days,
        party=party,
        mailbox="",
        notice="ntc_a",
        places=[list(place.key)],
        addresses=[list(place.key)],
        words_name=[],
        identified=identified,
    )


def truthful() -> Evidence:
    """A world in which the program did everything right, and everybody was heard."""
    told = [place for place in PLAN.places if place.finding.removed]
    mails = [mail(place, key) for place in told for key in must_be_told(PLAN, place)]
    mails += [mail(place, "muteline", 9) for place in told if place.host == "mute.example"]
    mails += [mail(place, PLAN.host(place.host).party, 10.2, "yes") for place in told if place.series]
    moved = [place for place in told if place.fate is Fate.MOVED]
    for each in moved:
        mails[0]["addresses"] = [*mails[0]["addresses"]]
        mails.append({**mail(each, PLAN.host(each.host).party), "addresses": [[each.host, "/moved" + each.path]]})
    struck = [event(2.0, host=p.host, path=p.path, fate=str(p.fate)) for p in told if p.fate is not Fate.STAYS]
    states = {End.GONE: "removed", End.OFFLINE: "offline", End.THERE: "there"}
    readings = [Reading(p.host, p.path, "", states[end_of(p.fate)], p.fate is Fate.AWAY, "ntc_a") for p in told]
    book = {
        "mails": mails,
        "returned": [],
        "answers": [],
        "automatic": [],
        "struck": struck,
        "reposted": [],
        "visits": {},
        "served": {},
        "pages": {f"{place.host}{place.page}": 1 for place in PLAN.places},
    }
    return Evidence(
        plan=PLAN,
        book=book,
        now=NOW,
        readings=readings,
        items=frozenset(place.key for place in PLAN.places),
        addresses=frozenset(f"http://{p.host}/moved{p.path}" for p in moved),
        scenes={place.key: frozenset(place.scenes) for place in PLAN.places},
        identified_at={"Wild series 1": START + dt.timedelta(days=10)},
    )


def test_what_was_never_looked_at_again_shows_nothing() -> None:
    seen = truthful()
    visited = {f"{place.host}{place.path}": 9 for place in PLAN.places}
    seen.book = {**seen.book, "visits": visited}
    assert unplayed(seen) == []
    seen.identified_at = {}
    assert unplayed(seen) == ["Wild series 1: nobody is identified"]
    seen.book = {**seen.book, "visits": {}}
    assert len(unplayed(seen)) > 30
    seen.book = {**seen.book, "struck": [], "visits": visited}
    assert len(unplayed(seen)) > 30


def place_of(fate: Fate) -> Place:
    return next(place for place in PLAN.places if place.fate is fate)


def said(seen: Evidence, place: Place, word: str, *, at: dt.datetime | None = None) -> list[Case]:
    new = Reading(place.host, place.path, word, word, False, "ntc_a")
    if at is not None:
        seen.earlier = [(at, new)]
    else:
        seen.readings = [new if (old.host, old.path) == place.key else old for old in seen.readings]
    return cases(seen)


def test_who_says_only_what_is_true_is_not_blamed() -> None:
    assert cases(truthful()) == []
    seen, expected = stills(truthful())
    assert seen == expected > 0


def test_a_hidden_picture_called_removed_is_a_false_removal() -> None:
    for fate in Fate:
        if end_of(fate) is End.THERE and fate not in {Fate.STAYS, Fate.MOVED}:
            assert [case.figure for case in said(truthful(), place_of(fate), "removed")] == ["false_removals"], fate


def test_a_host_that_is_gone_is_offline_and_not_removed() -> None:
    found = said(truthful(), place_of(Fate.HOST_GONE), "removed")
    assert {case.figure for case in found} == {"false_removals", "missed_removals"}


def test_a_host_that_is_away_may_be_called_offline_while_it_is_and_removed_never() -> None:
    away, while_away = place_of(Fate.AWAY), START + dt.timedelta(days=4)
    assert said(truthful(), away, "offline", at=while_away) == []
    assert len(said(truthful(), away, "removed", at=while_away)) == 1
    assert len(said(truthful(), away, "offline")) == 1


def test_what_is_called_removed_before_it_was_is_found_though_it_is_gone_by_now() -> None:
    place = place_of(Fate.NOT_FOUND)
    assert len(said(truthful(), place, "removed", at=START + dt.timedelta(days=1.5))) == 1
    assert said(truthful(), place, "removed", at=START + dt.timedelta(days=3)) == []


def test_a_removal_that_nobody_said_is_missed_only_when_it_was_long_enough() -> None:
    place = place_of(Fate.SAID_SO)
    assert [case.figure for case in said(truthful(), place, "there")] == ["missed_removals"]
    fresh = truthful()
    fresh.now = START + dt.timedelta(days=3)
    assert not [case for case in said(fresh, place, "there") if case.where.startswith(place.host)]


def test_a_moved_picture_may_be_called_removed_once_its_new_address_was_told() -> None:
    moved = place_of(Fate.MOVED)
    assert said(truthful(), moved, "removed") == []
    seen = truthful()
    seen.book = {**seen.book, "mails": [m for m in seen.mails() if "/moved" not in str(m["addresses"])]}
    seen.addresses = frozenset()
    assert {case.figure for case in said(seen, moved, "removed")} == {"false_removals", "lost_media"}


def test_an_answer_counts_as_heard_where_a_page_shows_it_with_its_notice() -> None:
    answer = event(3.0, party="over", notice="ntc_a", manner="mail", tongue="de", marker="Q1", outcome="sent")
    for text, heard in (("Q1 ntc_a", True), ("Q1", False), ("ntc_a", False)):
        seen = truthful()
        seen.book = {**seen.book, "answers": [answer]}
        seen.texts = {"/x/": text}
        assert (not cases(seen)) == heard


def test_an_automatic_reply_that_keeps_the_network_from_being_told_is_a_false_answer() -> None:
    seen = truthful()
    seen.book = {**seen.book, "mails": [each for each in seen.mails() if each["party"] != "muteline"]}
    assert [case.figure for case in cases(seen)] == ["false_answers"]


def test_a_page_that_says_of_an_automatic_reply_what_it_says_of_an_answer_is_wrong() -> None:
    for word, wrong in (("answered", 1), ("sent", 0)):
        seen = truthful()
        seen.book = {**seen.book, "mails": [{**each, "notice": each["party"]} for each in seen.mails()]}
        seen.states = {"refuses": "answered", "quiet": "sent", "cloak": word}
        assert [case.figure for case in cases(seen)] == ["false_answers"] * wrong


def test_a_word_about_the_family_album_is_misplaced_whoever_hears_it() -> None:
    album = next(place for place in PLAN.places if place.host == "family.example")
    seen = truthful()
    seen.book = {**seen.book, "mails": [*seen.mails(), mail(album, "family")]}
    assert [case.figure for case in cases(seen)] == ["misplaced_notices"]


def test_a_notice_that_reached_nobody_who_could_act_is_misplaced() -> None:
    seen = truthful()
    seen.book = {**seen.book, "mails": [each for each in seen.mails() if each["party"] != "carrier"]}
    assert [case.where for case in cases(seen)] == [
        f"{place.host}{place.path}" for place in PLAN.places if place.host == "unreachable.example"
    ]


@pytest.mark.parametrize(("days", "wrong"), [(30.0, 1), (42.0, 0)])
def test_the_network_of_somebody_who_objected_may_be_told_only_when_it_was_kept_too_long(
    days: float, wrong: int
) -> None:
    seen = truthful()
    place = next(place for place in PLAN.places if place.host == "objects.example")
    seen.book = {**seen.book, "mails": [*seen.book["mails"], mail(place, "objectline", days)]}
    assert counts(cases(seen))["misplaced_notices"] == wrong


def test_what_was_served_and_nobody_could_judge_is_lost() -> None:
    lost = next(place for place in PLAN.places if place.make == "crop")
    seen = truthful()
    seen.items -= {lost.key}
    seen.book = {**seen.book, "mails": [m for m in seen.mails() if list(lost.key) not in m["places"]]}
    assert [(case.figure, case.kind) for case in cases(seen)] == [("lost_media", f"crop, {Way.CRAWL}")]
    seen = truthful()
    seen.blind = {lost.key: "no picture is offered"}
    assert [case.figure for case in cases(seen)] == ["lost_media"]


def without_an_item(make: str, *, whole_at: str = "") -> list[Case]:
    """What is said when nobody was shown this kind of file; ``whole_at``: a host that shows its picture whole, too."""
    seen = truthful()
    lost = next(place for place in PLAN.places if place.make == make)
    if whole_at:
        whole = replace(next(place for place in PLAN.places if place.host == whole_at), seed=lost.seed)
        seen.plan = replace(PLAN, places=(*(p for p in PLAN.places if p.host != whole_at), whole))
    seen.items = seen.items - {lost.key}
    seen.book = {**seen.book, "mails": [m for m in seen.book["mails"] if list(lost.key) not in m["places"]]}
    return [case for case in cases(seen) if case.figure == "lost_media"]


def test_a_crop_of_what_is_on_a_list_alone_is_lost_and_the_ledger_says_why_no_hash_finds_it() -> None:
    (case,) = without_an_item("crop")
    assert "is nowhere whole" in case.beyond
    bits = int(re.findall(r"differs in (\d+) of 256 bits", case.beyond)[0])
    assert 90 < bits < 128  # measured, turned every way; what a match may differ by is 31
    assert case.as_json()["beyond_a_hash"] == case.beyond


def test_a_crop_of_what_was_seen_whole_could_have_been_found() -> None:
    (case,) = without_an_item("crop", whole_at="plain.example")
    assert not case.beyond
    assert "beyond_a_hash" not in case.as_json()


@pytest.mark.parametrize("make", ["collage", "mirrored", "webp", "heic", "film"])
def test_what_shows_the_whole_picture_could_have_been_found(make: str) -> None:
    assert [case.beyond for case in without_an_item(make)] == [""]


def test_a_crop_that_nobody_asked_for_is_lost_for_another_reason() -> None:
    seen = truthful()
    crop = next(place for place in PLAN.places if place.make == "crop")
    seen.book = {**seen.book, "pages": {k: n for k, n in seen.book["pages"].items() if k != f"{crop.host}{crop.page}"}}
    assert [(case.said, case.beyond) for case in cases(seen)] == [("its page was never asked for", "")]


def test_a_child_that_police_identified_is_in_a_letter_at_once() -> None:
    seen = truthful()
    seen.book = {**seen.book, "mails": [each for each in seen.mails() if each["identified"] != "yes"]}
    found = counts(cases(seen))
    assert found.pop("unheeded_identifications") >= 2
    assert not any(found.values())
