from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from orbweaver.assess.governance.rules import Capacity, State, capacity_of, missing_signatures, state_of

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(seconds=1)


@given(st.lists(st.sampled_from(["government", "hotline"])))
def test_a_text_is_signed_only_when_a_government_and_a_hotline_signed_it(signed: list[str]) -> None:
    assert (missing_signatures(signed) == ()) == ({"government", "hotline"} <= set(signed))


@given(st.sampled_from(["government", "hotline", "industry", "law_enforcement", "survivor_support", ""]))
def test_only_governments_and_hotlines_sign(kind: str) -> None:
    assert (capacity_of(kind) is None) == (kind not in set(Capacity))


def test_a_version_is_a_draft_until_both_signed_and_in_force_from_its_instant_until_the_next() -> None:
    def state(signed: list[str], takes_effect_at: dt.datetime | None, *, in_force: bool = False) -> State:
        return state_of(signed=signed, takes_effect_at=takes_effect_at, in_force=in_force, now=NOW)

    both = ["government", "hotline"]
    assert state(["hotline"], None) is State.DRAFT
    assert state(both, None) is State.SIGNED
    assert state(both, LATER) is State.SCHEDULED
    assert state(both, NOW, in_force=True) is State.IN_FORCE
    assert state(both, NOW) is State.REPLACED
