"""Terms in the database: nothing there reveals a watch term, and hits are kept once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core import serializers

from orbweaver.assess.terms.errors import WatchKeyMissing
from orbweaver.errors import InvalidInput

if TYPE_CHECKING:
    from orbweaver.assess.terms.models import WatchTerm
    from orbweaver.people.accounts.models import User

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SECRET = "Nicolette Brandywine"


@pytest.fixture
def keys(set_config: Callable[..., None], tmp_path: Path) -> Path:
    set_config(keys_dir=tmp_path / "keys", data_dir=tmp_path / "data")
    return tmp_path / "keys"


@pytest.fixture
def sue(make_person: Callable[..., User]) -> User:
    from orbweaver.people.accounts.rules import Role

    return make_person("Sue", Role.SURVIVOR_SUPPORT)


def watch(by: User, text: str = SECRET) -> WatchTerm:
    from orbweaver.assess.terms.models import WatchTerm
    from orbweaver.assess.terms.services import watch_for

    return watch_for(text, WatchTerm.Kind.NAME, "req_1", by=by, now=NOW)


def everything() -> str:
    """All that the tables of terms and the audit log hold."""
    from orbweaver.assess.terms.models import WatchHit, WatchTerm
    from orbweaver.people.audit.models import Event

    rows: list[Any] = [*WatchTerm.objects.all(), *WatchHit.objects.all(), *Event.objects.all()]
    return str(serializers.serialize("json", rows)).casefold()


def test_the_database_does_not_hold_the_term_and_the_key_lies_outside(keys: Path, sue: User) -> None:
    from orbweaver.assess.terms.selectors import watch_matcher

    term = watch(sue)
    assert "nicolette" not in everything()
    assert "brandywine" not in everything()
    assert watch_matcher().find([f"this is {SECRET.upper()} again"]) == {term.pk: 1}
    (keys / "watch-term-key").unlink()
    with pytest.raises(WatchKeyMissing):
        watch_matcher()


def test_terms_of_another_key_are_told_of(keys: Path, sue: User) -> None:
    from orbweaver.assess.terms.selectors import made_with_another_key, watch_matcher

    watch(sue)
    (keys / "watch-term-key").write_text("00" * 32)
    assert len(watch_matcher()) == 0
    assert made_with_another_key() == 1


def test_a_withdrawn_term_is_found_no_more_until_it_is_added_again(keys: Path, sue: User) -> None:
    from orbweaver.assess.terms.selectors import watch_matcher, watch_stamp
    from orbweaver.assess.terms.services import withdraw_watch_term

    before = watch_stamp()
    term = watch(sue)
    with_term = watch_stamp()
    withdraw_watch_term(term, by=sue, now=NOW)
    assert len({before, with_term, watch_stamp()}) == 3
    assert len(watch_matcher()) == 0
    assert watch(sue).pk == term.pk
    assert len(watch_matcher()) == 1


def test_a_refused_term_is_not_repeated(keys: Path, sue: User) -> None:

    with pytest.raises(InvalidInput) as refused:
        watch(sue, "Xy")
    assert "Xy" not in str(refused.value)


def test_a_hit_is_kept_once_for_each_page_and_seen_to_once(keys: Path, sue: User) -> None:
    from orbweaver.assess.terms.models import WatchHit
    from orbweaver.assess.terms.selectors import open_hits, watched
    from orbweaver.assess.terms.services import PageHit, note_hits, see_to

    term = watch(sue)
    for later, times in ((0, 1), (5, 3)):
        hit = PageHit(term.pk, "https://forum.example/1", b"1" * 32, "forum.example", 4, times)
        note_hits([hit, hit], NOW + dt.timedelta(minutes=later))
    kept = WatchHit.objects.get()
    assert (kept.times, kept.first_seen_at, kept.last_seen_at) == (3, NOW, NOW + dt.timedelta(minutes=5))
    assert [(each.reference, each.terms, each.open_hits) for each in watched()] == [("req_1", 1, 1)]
    see_to(kept, by=sue, now=NOW)
    assert not open_hits().exists()


def test_a_list_is_brought_twice_without_change_and_can_be_switched_off(sue: User) -> None:
    from orbweaver.assess.terms.selectors import list_matchers
    from orbweaver.assess.terms.services import import_terms, switch_list

    def bring(data: bytes, language: str = "en") -> Any:
        return import_terms(data, "a.csv", name="Words", language=language, supplier="We", by=sue, now=NOW)

    first = bring(b"term,forms\nmouse,mice\nlake,\n")
    again = bring(b"term,forms\nmouse,mice|meece\nlake,\n")
    assert (first.added, first.changed, again.added, again.changed) == (2, 0, 0, 1)
    assert sum(list_matchers()[0].find(["meece by the lakes"]).values()) == 2
    with pytest.raises(InvalidInput):
        bring(b"term\nx\n", "fr")
    with pytest.raises(InvalidInput):
        bring(b"term\nmouse\n", "english")
    switch_list(first.term_list, off=True, by=sue, now=NOW)
    assert list_matchers() == []
