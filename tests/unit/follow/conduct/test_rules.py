"""Each kind of conduct holds for what a provider did, and says why."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.follow.conduct.commerce import signs_in
from orbweaver.follow.conduct.messages import COMMERCE, HOSTS
from orbweaver.follow.conduct.rules import Behaviour, ConductKind, Finding, kinds_in_force, spectrum, thresholds

REMOVES = Behaviour(notices=10, notified=20, countable=20, removed=20, prompt=18, late=2)
IGNORES = Behaviour(notices=5, notified=20, countable=20, removed=2, prompt=2, overdue=18)


def words(seen: Behaviour) -> list[str]:
    return [each.kind.value for each in spectrum(seen)]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Behaviour(), []),
        (REMOVES, ["reactive"]),
        (dataclasses.replace(REMOVES, countable=4, prompt=4, late=0), []),
        (dataclasses.replace(REMOVES, scans_recently=True), ["proactive", "reactive"]),
        (dataclasses.replace(REMOVES, credits=1), ["proactive", "reactive"]),
        (dataclasses.replace(REMOVES, questioned=3), ["reactive", "resistant"]),
        (dataclasses.replace(REMOVES, prompt=2, late=18), ["resistant"]),
        (IGNORES, ["non_compliant"]),
        (dataclasses.replace(IGNORES, questioned=2), ["resistant", "non_compliant"]),
        (dataclasses.replace(IGNORES, returns=5), ["resistant", "non_compliant", "complicit"]),
        (dataclasses.replace(IGNORES, commerce_hosts=1), ["non_compliant", "complicit"]),
        (dataclasses.replace(IGNORES, returns=4), ["non_compliant"]),
        (dataclasses.replace(REMOVES, returns=5), ["reactive"]),
        (dataclasses.replace(REMOVES, returns=6), ["reactive", "resistant"]),
        (dataclasses.replace(REMOVES, returns=99, commerce_hosts=9), ["reactive", "resistant"]),
    ],
)
def test_the_words_follow_from_behaviour(seen: Behaviour, expected: list[str]) -> None:
    assert words(seen) == expected


COUNTS = st.integers(0, 200)


@st.composite
def behaviours(draw: st.DrawFn) -> Behaviour:
    prompt, late, overdue, fresh = (draw(COUNTS) for _ in range(4))
    notices = draw(COUNTS)
    return Behaviour(
        notices=notices,
        notified=prompt + late + overdue + fresh,
        countable=prompt + late + overdue,
        removed=prompt + late,
        prompt=prompt,
        late=late,
        overdue=overdue,
        questioned=draw(st.integers(0, notices)),
        returns=draw(COUNTS),
        scans_recently=draw(st.booleans()),
        credits=draw(COUNTS),
        commerce_hosts=draw(COUNTS),
    )


@given(behaviours())
def test_every_word_has_evidence_and_complicit_is_never_more_than_a_proposal(seen: Behaviour) -> None:
    found = spectrum(seen)
    assert all(each.because for each in found)
    assert [each.kind for each in found] == sorted((each.kind for each in found), key=list(ConductKind).index)
    for each in found:
        assert each.proposed == (each.kind is ConductKind.COMPLICIT)
        if each.proposed:
            assert ConductKind.NON_COMPLIANT in {other.kind for other in found}


@given(behaviours())
def test_who_removes_nearly_all_at_once_is_not_non_compliant(seen: Behaviour) -> None:
    if "reactive" in words(seen):
        assert "non_compliant" not in words(seen)


@given(behaviours(), st.integers(1, 50))
def test_leaving_more_where_it_is_never_takes_away_non_compliant(seen: Behaviour, more: int) -> None:
    worse = dataclasses.replace(
        seen, overdue=seen.overdue + more, countable=seen.countable + more, notified=seen.notified + more
    )
    if "non_compliant" in words(seen):
        assert "non_compliant" in words(worse)


SAID = st.dictionaries(st.sampled_from(list(ConductKind)), st.booleans())


@given(behaviours(), SAID, st.frozensets(st.sampled_from(list(ConductKind))))
def test_people_go_before_rules_and_complicit_needs_signatures(
    seen: Behaviour, said: dict[ConductKind, bool], signed: frozenset[ConductKind]
) -> None:
    found = spectrum(seen)
    chosen = kinds_in_force(found, said, signed)
    for kind in ConductKind:
        if kind is ConductKind.COMPLICIT:
            assert (kind in chosen) == (kind in signed)
        else:
            assert (kind in chosen) == said.get(kind, kind in {each.kind for each in found})


def test_a_finding_alone_makes_nobody_complicit() -> None:
    found = [Finding(ConductKind.COMPLICIT, (COMMERCE.of(hosts=HOSTS.of(n=1)),), proposed=True)]
    assert kinds_in_force(found, {ConductKind.COMPLICIT: True}) == []


def test_thresholds_are_written_for_every_word() -> None:
    assert set(thresholds().of) == {kind.value for kind in ConductKind}
    assert thresholds().version


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("Full set for sale, pay in Bitcoin", {"payment", "sale"}),
        ("VIP  access\nper month", {"sale", "subscription"}),
        ("Sponsored", {"advertising"}),
        ("wholesale bitcoiners for salesmen", set()),
        ("A lake with boats", set()),
        ("", set()),
    ],
)
def test_signs_of_commerce_are_whole_words(text: str, signs: set[str]) -> None:
    assert signs_in(text) == signs
