"""How strong a suggestion is: the laws of its signals."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orbweaver.assess.linking.rules import COMMON, MOST, NEAR_BITS, RARE, Evidence, Signal, combined, from_json, rarity
from orbweaver.assess.series.rules import LinkReason

evidence = st.builds(Evidence, st.sampled_from(list(Signal)), st.integers(0, 60), st.integers(2, COMMON + 50))


@given(evidence)
def test_a_strength_is_a_share_and_falls_with_distance_and_with_company(one: Evidence) -> None:
    assert 0 <= one.strength <= 1
    assert Evidence(one.signal, one.gap + 1, one.count).strength <= one.strength
    assert Evidence(one.signal, one.gap, one.count + 1).strength <= one.strength


@given(st.lists(evidence, max_size=6), evidence)
def test_more_evidence_never_weakens_and_nothing_is_certain(some: list[Evidence], more: Evidence) -> None:
    assert combined(some) <= combined([*some, more]) + 1e-12
    assert combined(some) <= MOST


@given(st.lists(evidence, max_size=6))
def test_different_sequences_never_strengthen(some: list[Evidence]) -> None:
    assert combined(some, same_stem=False) <= combined(some) + 1e-12


def test_what_everybody_shares_says_nothing() -> None:
    assert rarity(RARE) == 1
    assert rarity(COMMON + 1) == 0
    assert Evidence(Signal.FOLDER, 0, COMMON + 1).strength == 0
    assert Evidence(Signal.NEAR_DUPLICATE, NEAR_BITS + 1).strength == 0


def test_a_page_and_its_gallery_are_counted_once() -> None:
    page, gallery = Evidence(Signal.PAGE, 1), Evidence(Signal.GALLERY)
    assert combined([page, gallery]) == combined([page])


@given(st.lists(evidence, max_size=5))
def test_evidence_is_kept_and_read_again(some: list[Evidence]) -> None:
    again = from_json([each.as_json() for each in some])
    assert sorted(map(str, again)) == sorted(map(str, some))
    assert all(one.in_words() for one in again)


def test_every_signal_has_words_and_a_reason() -> None:
    from orbweaver.assess.linking.rules import REASONS, WORDS

    assert set(WORDS) == set(REASONS) == set(Signal)
    assert set(REASONS.values()) <= set(LinkReason)
