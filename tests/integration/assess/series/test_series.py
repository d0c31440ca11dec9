"""Series: links with reasons, who says what, merging and splitting without loss."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from orbweaver.assess.series.errors import SeriesChanged
from orbweaver.assess.series.rules import LinkReason, Position
from orbweaver.errors import InvalidInput, NotAllowed
from orbweaver.people.accounts.rules import Role

if TYPE_CHECKING:
    from orbweaver.assess.series.models import VictimSeries
    from orbweaver.detect.media.models import Media
    from orbweaver.people.accounts.models import User

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


def medium(number: int) -> Media:
    from orbweaver.detect.media.models import Media

    return Media.objects.create(
        sha256=number.to_bytes(32, "big"), sha1=b"", md5=b"", size=1, mime="image/png", first_seen_at=NOW
    )


def snapshot(*series: VictimSeries) -> list[Any]:
    """What a person sees of these series: items with position and reason, victims, what they stand for."""
    from orbweaver.assess.series.models import VictimSeries

    return [
        (
            found.merged_into_id,
            sorted(found.items.filter(ended_at=None).values_list("pk", "media_id", "position", "reason")),
            sorted(found.victims.values_list("pk", "age_min")),
        )
        for found in VictimSeries.objects.filter(pk__in=[each.pk for each in series]).order_by("pk")
    ]


@pytest.fixture
def ann(make_person: Callable[..., User]) -> User:
    return make_person("Ann", Role.ANALYST)


@pytest.fixture
def lea(make_person: Callable[..., User]) -> User:
    return make_person("Lea", Role.LAW_ENFORCEMENT_LIAISON)


def test_a_link_keeps_who_when_and_why_and_its_end_keeps_that_too(ann: User) -> None:
    from orbweaver.assess.series.selectors import ended_links, items_in_order
    from orbweaver.assess.series.services import end_link, link_item, open_series, set_position
    from orbweaver.people.audit.models import Event

    series = open_series("Blue room", by=ann, now=NOW)
    late = link_item(series, medium(1), reason=LinkReason.PLACE, by=ann, now=NOW)
    early = link_item(series, medium(2), reason=LinkReason.OTHER, words="the same toy", by=ann, now=NOW)
    set_position(late, Position.AFTER, by=ann, now=NOW)
    set_position(early, Position.BEFORE, by=ann, now=NOW)
    assert [each.pk for each in items_in_order(series)] == [early.pk, late.pk]
    with pytest.raises(InvalidInput):
        end_link(early, " ", by=ann, now=NOW)
    end_link(early, "another toy", by=ann, now=NOW)
    assert [each.ended_why for each in ended_links(series)] == ["another toy"]
    again = link_item(series, medium_of(early), reason=LinkReason.CLOTHING, by=ann, now=NOW)
    assert again.pk != early.pk
    said = " ".join(str(each.details) for each in Event.objects.all())
    assert "toy" not in said
    assert "Blue" not in said


def medium_of(item: Any) -> Media:
    found: Media = item.media
    return found


def test_another_reason_needs_words_and_linking_twice_keeps_the_first_link(ann: User) -> None:
    from orbweaver.assess.series.services import link_item, open_series

    series = open_series("One", by=ann, now=NOW)
    picture = medium(1)
    with pytest.raises(InvalidInput, match="words"):
        link_item(series, picture, reason=LinkReason.OTHER, by=ann, now=NOW)
    first = link_item(series, picture, reason=LinkReason.SOURCE, by=ann, now=NOW)
    assert link_item(series, picture, reason=LinkReason.PAGE, by=ann, now=NOW).pk == first.pk
    assert series.items.get().reason == LinkReason.SOURCE


def test_series_are_found_by_what_analysts_wrote_of_clothing_and_rooms(ann: User) -> None:
    from orbweaver.assess.series.selectors import listed
    from orbweaver.assess.series.services import end_link, link_item, open_series

    series, other, picture = *(open_series(name, by=ann, now=NOW) for name in ("One", "Two")), medium(7)
    for words in ("striped shirt", "a green room"):
        link_item(series, picture, reason=LinkReason.CLOTHING, words=words, by=ann, now=NOW)
    link_item(other, medium(8), reason=LinkReason.PLACE, words="a lamp", by=ann, now=NOW)
    found = {words: [each.title for each in listed("", words)] for words in ("Striped", "green shirt", "lamp", "words")}
    assert found == {"Striped": ["One"], "green shirt": ["One"], "lamp": ["Two"], "words": []}
    end_link(series.items.get(), "It was another", by=ann, now=NOW)
    assert list(listed("", "striped")) == []


def test_linking_twice_loses_nothing_of_what_was_said(ann: User) -> None:
    from orbweaver.assess.series.services import link_item, open_series

    series, picture = open_series("The lake", by=ann, now=NOW), medium(1)
    link_item(series, picture, reason=LinkReason.SOURCE, by=None, now=NOW)
    for _ in range(2):
        link = link_item(
            series,
            picture,
            reason=LinkReason.CLOTHING,
            words="the red coat",
            position=Position.BEFORE,
            by=ann,
            now=NOW,
        )
    link.refresh_from_db()
    assert (link.reason, link.position) == (LinkReason.SOURCE, Position.BEFORE)
    assert [(each["reason"], each["words"], each["by"]) for each in link.further] == [
        ("clothing", "the red coat", ann.public_id)
    ]
    link_item(series, picture, reason=LinkReason.PLACE, by=ann, now=NOW)
    link.refresh_from_db()
    assert [each["reason"] for each in link.further] == ["clothing", "place"]
    assert link.position == Position.BEFORE, "who does not know the place takes none back"


def test_only_the_liaison_says_that_police_know_a_series_or_a_victim(ann: User, lea: User) -> None:
    from orbweaver.assess.series.selectors import counts
    from orbweaver.assess.series.services import add_victim, become_known, open_series, set_identified

    series = open_series("One", by=ann, now=NOW)
    victim = add_victim(series, "the older child", 7, 9, by=ann, now=NOW)
    assert (counts(NOW).known, counts(NOW).proposed) == (0, 1)
    for act in (
        lambda by: become_known(series.public_id, "AB-1", by=by, now=NOW),
        lambda by: set_identified(victim, identified=True, source="RCMP", on=NOW.date(), by=by, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            act(ann)
        act(lea)
    victim.refresh_from_db()
    assert (victim.identified, victim.identified_source, victim.identified_by) == (True, "RCMP", lea)
    assert (counts(NOW).known, counts(NOW).proposed) == (1, 0)
    assert (counts(NOW - dt.timedelta(days=1)).known) == 0


def test_a_name_of_a_supplier_leads_to_one_series_also_after_a_merge(ann: User) -> None:
    from orbweaver.assess.series.changes import merge
    from orbweaver.assess.series.services import open_series, series_named

    first = series_named("Series 7", "NCMEC", known_to_police=False, now=NOW)
    assert series_named(" series  7", "NCMEC", known_to_police=False, now=NOW) == first
    assert series_named("Series 7", "Other", known_to_police=False, now=NOW) != first
    whole = open_series("All of it", by=ann, now=NOW)
    merge(first.public_id, whole.public_id, "the same room", by=ann, now=NOW)
    known = series_named("Series 7", "NCMEC", known_to_police=True, now=NOW)
    assert (known.pk, known.status) == (whole.pk, "known")


def test_a_known_series_is_not_merged_into_a_proposed_one(ann: User, lea: User) -> None:
    from orbweaver.assess.series.changes import merge
    from orbweaver.assess.series.services import become_known, open_series

    known, proposed = open_series("K", by=ann, now=NOW), open_series("P", by=ann, now=NOW)
    become_known(known.public_id, "AB-1", by=lea, now=NOW)
    with pytest.raises(InvalidInput):
        merge(known.public_id, proposed.public_id, "same", by=ann, now=NOW)
    merge(proposed.public_id, known.public_id, "same", by=ann, now=NOW)


def test_a_merged_series_takes_no_links_and_a_stale_change_conflicts(ann: User) -> None:
    from orbweaver.assess.series.changes import merge, undo
    from orbweaver.assess.series.services import link_item, open_series

    one, two, three = (open_series(name, by=ann, now=NOW) for name in "123")
    first = merge(one.public_id, two.public_id, "same", by=ann, now=NOW)
    with pytest.raises(SeriesChanged):
        link_item(one, medium(1), reason=LinkReason.PAGE, by=ann, now=NOW)
    second = merge(two.public_id, three.public_id, "same", by=ann, now=NOW)
    with pytest.raises(SeriesChanged, match="later"):
        undo(first.public_id, by=ann, now=NOW)
    undo(second.public_id, by=ann, now=NOW)
    undo(first.public_id, by=ann, now=NOW)
    with pytest.raises(SeriesChanged, match="already"):
        undo(first.public_id, by=ann, now=NOW)


def test_a_split_needs_some_items_and_leaves_some(ann: User) -> None:
    from orbweaver.assess.series.changes import split
    from orbweaver.assess.series.services import link_item, open_series

    series = open_series("One", by=ann, now=NOW)
    items = [link_item(series, medium(n), reason=LinkReason.PAGE, by=ann, now=NOW) for n in (1, 2)]
    for chosen in ([], [each.pk for each in items]):
        with pytest.raises(InvalidInput):
            split(series.public_id, chosen, [], "Two", "two rooms", by=ann, now=NOW)


class Reversal(TestCase):
    """Whatever the two series hold, a change and its undoing leave them as they were."""

    __test__ = False

    def setup_example(self) -> None:
        from orbweaver.people.accounts.models import Organisation, User

        super().setup_example()  # type: ignore[no-untyped-call]
        home = Organisation.objects.create(name="Home", kind="hotline", country="CA")
        self.ann = User.objects.create(email="a@hotline.example", display_name="Ann", organisation=home)

    def build(self, holds: set[int], victims: int) -> VictimSeries:
        from orbweaver.assess.series.services import add_victim, link_item, open_series
        from orbweaver.detect.media.models import Media

        series = open_series("A title", by=self.ann, now=NOW)
        for number in sorted(holds):
            found = Media.objects.filter(sha256=number.to_bytes(32, "big")).first() or medium(number)
            place = list(Position)[number % 4]
            link_item(series, found, reason=LinkReason.PAGE, position=place, by=self.ann, now=NOW)
        for number in range(victims):
            add_victim(series, f"child {number}", number, number + 2, by=self.ann, now=NOW)
        return series

    def merge_then_undo(self, one: set[int], two: set[int], victims: int) -> None:
        from orbweaver.assess.series.changes import merge, undo
        from orbweaver.assess.series.models import SeriesItem

        source, target = self.build(one, victims), self.build(two, 1)
        before, links = snapshot(source, target), SeriesItem.objects.count()
        change = merge(source.public_id, target.public_id, "same room", by=self.ann, now=NOW)
        held = set(target.items.filter(ended_at=None).values_list("media_id", flat=True))
        assert len(held) == len(one | two)
        assert target.victims.count() == victims + 1
        undo(change.public_id, by=self.ann, now=NOW)
        assert snapshot(source, target) == before
        assert SeriesItem.objects.count() == links

    def split_then_undo(self, holds: set[int], victims: int, data: st.DataObject) -> None:
        from orbweaver.assess.series.changes import split, undo

        series = self.build(holds, victims)
        before = snapshot(series)
        links = list(series.items.values_list("pk", flat=True))
        going = data.draw(st.sets(st.sampled_from(links), min_size=1, max_size=len(links) - 1))
        change = split(
            series.public_id, going, [each.pk for each in series.victims.all()[:1]], "Two", "why", by=self.ann, now=NOW
        )
        assert set(change.target.items.values_list("pk", flat=True)) == going
        assert change.target.status == "proposed"
        undo(change.public_id, by=self.ann, now=NOW)
        assert snapshot(series) == before


SETS = st.sets(st.integers(1, 8), max_size=6)
TO_SPLIT = st.sets(st.integers(1, 8), min_size=2, max_size=6)
VICTIMS = st.integers(0, 2)
SAMPLE = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
WHOLE = settings(SAMPLE, max_examples=25)


class TestReverse(Reversal):
    """Some of them: each is some two hundred questions to the database."""

    __test__ = True

    @SAMPLE
    @given(SETS, SETS, VICTIMS)
    def test_merge_then_undo(self, one: set[int], two: set[int], victims: int) -> None:
        self.merge_then_undo(one, two, victims)

    @SAMPLE
    @given(TO_SPLIT, VICTIMS, st.data())
    def test_split_then_undo(self, holds: set[int], victims: int, data: st.DataObject) -> None:
        self.split_then_undo(holds, victims, data)


@pytest.mark.sweep
class TestReverseOfMany(Reversal):
    """The whole of which the above is a sample."""

    __test__ = True

    @WHOLE
    @given(SETS, SETS, VICTIMS)
    def test_merge_then_undo(self, one: set[int], two: set[int], victims: int) -> None:
        self.merge_then_undo(one, two, victims)

    @WHOLE
    @given(TO_SPLIT, VICTIMS, st.data())
    def test_split_then_undo(self, holds: set[int], victims: int, data: st.DataObject) -> None:
        self.split_then_undo(holds, victims, data)
