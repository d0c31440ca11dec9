"""From sightings to suggestions, and what a person makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from orbweaver.assess.linking.errors import SuggestionDecided
from orbweaver.errors import InvalidInput
from orbweaver.people.accounts.rules import Role

from .conftest import NOW, See

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import User

PAGE = "https://forum.example/thread/1"


def flipped(pdq: bytes, bits: int) -> bytes:
    number = int.from_bytes(pdq, "big")
    for bit in range(bits):
        number ^= 1 << (bit * 8)
    return number.to_bytes(32, "big")


def pairs() -> dict[frozenset[int], list[str]]:
    from orbweaver.assess.linking.models import SeriesSuggestion

    return {
        frozenset((each.first_id, each.second_id)): sorted(str(said["signal"]) for said in each.evidence)
        for each in SeriesSuggestion.objects.filter(state="open")
    }


def test_each_signal_is_found_through_its_own_trace(see: See) -> None:
    from orbweaver.assess.linking.sightings import link

    made = {
        "page": [see("a", page=PAGE, position=3), see("b", page=PAGE, position=4)],
        "sequence": [see("c", url="https://x.example/1/lake07.jpg"), see("d", url="https://y.example/2/lake08.jpg")],
        "near_duplicate": [see("e", pdq=b"\x5a" * 32), see("f", pdq=flipped(b"\x5a" * 32, 31))],
    }
    far = [see("g", pdq=b"\xa5" * 32), see("h", pdq=flipped(b"\xa5" * 32, 32))]
    assert link(NOW) == 8
    found = pairs()
    for signal, (one, two) in made.items():
        assert signal in found[frozenset((one.media_id, two.media_id))]
    assert frozenset(each.media_id for each in far) not in found
    assert len(found) == 3
    assert link(NOW) == 0


def test_a_turned_copy_is_a_near_duplicate_too(see: See) -> None:
    from orbweaver.assess.linking.sightings import link
    from orbweaver.detect.media.models import Media

    one, two = see("one", pdq=b"\x0f" * 32), see("two", pdq=b"\x33" * 32)
    Media.objects.filter(pk=one.media_id).update(pdq_turned=b"\x01" * 192 + flipped(b"\x33" * 32, 9))
    link(NOW)
    assert frozenset((one.media_id, two.media_id)) not in pairs()
    see("one", pdq=b"\x0f" * 32)
    link(NOW)
    assert pairs()[frozenset((one.media_id, two.media_id))] == ["near_duplicate"]


def test_accepting_opens_a_series_then_joins_it_and_settles_what_that_answers(see: See, ann: User) -> None:
    from orbweaver.assess.linking.models import SeriesSuggestion
    from orbweaver.assess.linking.sightings import link
    from orbweaver.assess.linking.suggesting import accept

    sightings = [
        see(name, url=f"https://x.example/s/lake{n}.jpg", page=PAGE, position=n) for n, name in enumerate("abc")
    ]
    link(NOW)
    assert len(pairs()) == 3
    first, second, third = SeriesSuggestion.objects.order_by("pk")
    with pytest.raises(InvalidInput, match="title"):
        accept(first.public_id, by=ann, now=NOW)
    opened = accept(first.public_id, title="The lake", by=ann, now=NOW)
    assert opened.is_new
    joined = accept(second.public_id, by=ann, now=NOW)
    assert (joined.is_new, joined.series) == (False, opened.series)
    third.refresh_from_db()
    assert third.state == "moot"
    assert {each.media_id for each in opened.series.items.all()} == {each.media_id for each in sightings}
    assert {each.reason for each in opened.series.items.all()} == {"sequence"}
    with pytest.raises(SuggestionDecided):
        accept(first.public_id, by=ann, now=NOW)
    see("a", url="https://x.example/s/lake0.jpg", page=PAGE)
    link(NOW)
    assert pairs() == {}


def test_a_refused_suggestion_does_not_come_back(see: See, ann: User) -> None:
    from orbweaver.assess.linking.models import SeriesSuggestion
    from orbweaver.assess.linking.sightings import link
    from orbweaver.assess.linking.suggesting import refuse

    for name in "ab":
        see(name, page=PAGE)
    link(NOW)
    refuse(SeriesSuggestion.objects.get().public_id, by=ann, now=NOW)
    for name in "ab":
        see(name, page=PAGE, url=f"https://{name}.example/again.jpg")
    link(NOW)
    assert SeriesSuggestion.objects.get().state == "refused"


@pytest.mark.parametrize(("is_child", "offered"), [(False, 0), (True, 1)])
def test_what_was_decided_not_to_be_a_child_is_never_offered(
    see: See, ann: User, make_person: Callable[..., User], is_child: bool, offered: int
) -> None:
    from orbweaver.assess.criteria import Answers
    from orbweaver.assess.linking.selectors import open_suggestions
    from orbweaver.assess.linking.sightings import link
    from orbweaver.assess.review.models import Verdict
    from orbweaver.assess.review.services import open_items, record_assessment, take

    sightings = [see(name, page=PAGE) for name in "ab"]
    link(NOW)
    assert open_suggestions().count() == 1
    item, _other = open_items(sightings, NOW)
    for analyst in (ann, make_person("Bob", Role.ANALYST)):
        held = take(item.public_id, analyst, NOW)
        record_assessment(item.public_id, analyst, Answers(is_child, False), held.version, NOW)
    assert Verdict.objects.get().outcome == "no_action"
    assert open_suggestions().count() == offered


def test_two_series_are_merged_not_joined_by_a_suggestion(see: See, ann: User) -> None:
    from orbweaver.assess.linking.models import SeriesSuggestion
    from orbweaver.assess.linking.sightings import link
    from orbweaver.assess.linking.suggesting import accept
    from orbweaver.assess.series.rules import LinkReason
    from orbweaver.assess.series.services import link_item, open_series

    for name in "ab":
        series = open_series(name, by=ann, now=NOW)
        link_item(series, see(name, page=PAGE).media, reason=LinkReason.PLACE, by=ann, now=NOW)
    link(NOW)
    with pytest.raises(InvalidInput, match="merge"):
        accept(SeriesSuggestion.objects.get().public_id, by=ann, now=NOW)


def test_what_hundreds_share_is_no_suggestion(see: See) -> None:
    from orbweaver.assess.linking.models import MediaTrace
    from orbweaver.assess.linking.rules import COMMON
    from orbweaver.assess.linking.suggesting import keep_traces, suggest_for
    from orbweaver.assess.linking.traces import Trace, TraceKind
    from orbweaver.detect.media.models import Media

    media = Media.objects.bulk_create(
        Media(sha256=n.to_bytes(32, "big"), sha1=b"", md5=b"", size=1, mime="image/png", first_seen_at=NOW)
        for n in range(COMMON + 1)
    )
    MediaTrace.objects.bulk_create(
        MediaTrace(media=each, kind=TraceKind.PAGE, key=b"k" * 16, position=1) for each in media
    )
    assert suggest_for(media[0], NOW) == 0
    keep_traces(media[0], [Trace(TraceKind.PAGE, b"l" * 16, 1)])
    keep_traces(media[1], [Trace(TraceKind.PAGE, b"l" * 16, 2)])
    assert suggest_for(media[0], NOW) == 1


def test_an_entry_that_names_a_series_puts_its_match_into_it(see: See) -> None:
    from orbweaver.assess.linking.sightings import link
    from orbweaver.assess.series.models import VictimSeries

    one, two = see("one", series="Series 7"), see("two", series="series  7")
    link(NOW)
    series = VictimSeries.objects.get()
    assert (series.status, series.title) == ("known", "Series 7")
    assert {each.media_id: each.reason for each in series.items.all()} == {
        one.media_id: "list_entry",
        two.media_id: "list_entry",
    }


def test_a_series_that_only_another_hotline_names_is_proposed(see: See) -> None:
    from orbweaver.assess.linking.sightings import link
    from orbweaver.assess.series.models import VictimSeries

    see("one", series="Ours", source="Another hotline")
    link(NOW)
    assert VictimSeries.objects.get().status == "proposed"
