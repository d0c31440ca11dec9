"""Who is told (R42, R45, R46), and what a policy holds (R41)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.notify.notices.routing.rules import Facts, Hold, RouteKind, is_held, route_kinds

REFERRAL, PROVIDER, CDN = RouteKind.REFERRAL, RouteKind.PROVIDER, RouteKind.CDN


@pytest.mark.parametrize(
    ("country", "hotline", "origin", "cdn", "expected"),
    [
        ("NL", True, True, False, (REFERRAL,)),
        ("NL", True, True, True, (REFERRAL,)),
        ("NL", False, True, False, (PROVIDER,)),
        ("CA", True, True, False, (PROVIDER,)),
        ("unknown", False, True, False, (PROVIDER,)),
        ("NL", False, True, True, (PROVIDER, CDN)),
        ("unknown", False, False, True, (CDN,)),
        ("unknown", False, False, False, ()),
    ],
)
def test_the_table_of_routes(
    country: str, hotline: bool, origin: bool, cdn: bool, expected: tuple[RouteKind, ...]
) -> None:
    assert route_kinds(Facts(country, "CA", hotline, origin, cdn)) == expected


def test_past_its_deadline_a_referral_goes_where_it_would_have_gone_without_the_hotline() -> None:
    for origin, cdn in itertools.product((True, False), repeat=2):
        with_hotline, without = (Facts("NL", "CA", hotline, origin, cdn) for hotline in (True, False))
        assert route_kinds(with_hotline, past_deadline=True) == route_kinds(without)


@given(st.booleans(), st.booleans(), st.booleans(), st.sampled_from(["CA", "NL", "unknown"]), st.booleans())
def test_somebody_is_told_whenever_anybody_is_known(
    hotline: bool, origin: bool, cdn: bool, country: str, late: bool
) -> None:
    kinds = route_kinds(Facts(country, "CA", hotline, origin, cdn), past_deadline=late)
    assert bool(kinds) or not (origin or cdn)
    assert len(set(kinds)) == len(kinds)
    assert REFERRAL not in kinds or kinds == (REFERRAL,)


@pytest.mark.parametrize(
    ("hold", "held"),
    [
        (Hold(None, "", ""), True),
        (Hold(7, "", ""), True),
        (Hold(8, "", ""), False),
        (Hold(None, "NL", ""), True),
        (Hold(None, "BE", ""), False),
        (Hold(7, "NL", "b"), True),
        (Hold(7, "NL", "c"), False),
    ],
)
def test_a_policy_holds_what_all_its_words_fit(hold: Hold, held: bool) -> None:
    assert is_held(hold, "harmful_abusive", "b", "NL", frozenset({7, 9})) is held
    assert not is_held(hold, "csam", "", "NL", frozenset({7, 9}))
