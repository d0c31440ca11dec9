"""What the fetches of one check say together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orbweaver.follow.recheck.concluding import Facts, PageSays, conclude, hidden_from_us
from orbweaver.follow.recheck.rules import OFFLINE, STANDS_INSTEAD, THERE, CheckOutcome, Judgement, as_kept

GONE = Judgement(CheckOutcome.GONE)
ENDED = Judgement(CheckOutcome.UNCLEAR, reason="signed")
LIKE_MISSING = Judgement(CheckOutcome.GONE, reason="soft_404", by_likeness=True)
OTHER_PICTURE = Judgement(CheckOutcome.UNCLEAR, 200, "other_picture")
REFUSED = Judgement(CheckOutcome.BLOCKED)
SIGN_IN = Judgement(CheckOutcome.BLOCKED, reason="login")

VIEWS = st.sampled_from(
    [
        GONE,
        LIKE_MISSING,
        OTHER_PICTURE,
        REFUSED,
        SIGN_IN,
        ENDED,
        Judgement(CheckOutcome.PRESENT, 0),
        Judgement(CheckOutcome.MOVED, 3),
        Judgement(CheckOutcome.UNCLEAR, reason="empty"),
        Judgement(CheckOutcome.UNCLEAR, reason="page"),
        Judgement(CheckOutcome.UNREACHABLE, reason="http_error"),
    ]
)
FACTS = st.builds(
    Facts,
    VIEWS,
    st.just(True),
    st.sampled_from(list(PageSays)),
    st.none(),
    *[st.booleans()] * 6,
    st.none() | VIEWS,
    st.booleans(),
)


@pytest.mark.parametrize(
    ("facts", "outcome", "reason"),
    [
        (Facts(GONE), CheckOutcome.GONE, ""),
        (Facts(GONE, page=PageSays.LINKS), CheckOutcome.GONE, ""),
        (Facts(GONE, page=PageSays.SHOWS), CheckOutcome.PRESENT, "new_link"),
        (Facts(GONE, page=PageSays.LINKS_UNTOLD), CheckOutcome.UNCLEAR, "page_links_it"),
        (Facts(GONE, by_country=True), CheckOutcome.UNCLEAR, "by_country"),
        (Facts(GONE, asks_to_sign_in=True), CheckOutcome.BLOCKED, "login"),
        (Facts(LIKE_MISSING, asks_to_sign_in=True, control=True), CheckOutcome.BLOCKED, "login"),
        (Facts(GONE, may_ask=True), CheckOutcome.UNCLEAR, "own_words"),
        (Facts(LIKE_MISSING, may_ask=True, control=True), CheckOutcome.UNCLEAR, "own_words"),
        (Facts(GONE, unread=True), CheckOutcome.UNCLEAR, "own_words"),
        (Facts(LIKE_MISSING, unread=True, control=True), CheckOutcome.UNCLEAR, "own_words"),
        (Facts(GONE, page_by_country=True), CheckOutcome.UNCLEAR, "by_country"),
        (Facts(GONE, host_shows=False), CheckOutcome.UNCLEAR, "wall"),
        (Facts(GONE, opened=GONE, page=PageSays.GONE, host_shows=False), CheckOutcome.UNCLEAR, "wall"),
        (Facts(GONE, signed=True), CheckOutcome.UNCLEAR, "signed"),
        (Facts(GONE, signed=True, page=PageSays.EMPTY), CheckOutcome.UNCLEAR, "signed"),
        (Facts(GONE, signed=True, page=PageSays.LINKS), CheckOutcome.UNCLEAR, "signed"),
        (Facts(GONE, signed=True, page=PageSays.LINKS_GONE), CheckOutcome.GONE, ""),
        (Facts(ENDED, page=PageSays.LINKS), CheckOutcome.UNCLEAR, "signed"),
        (Facts(ENDED, signed=True, in_time=True, page=PageSays.LINKS), CheckOutcome.UNCLEAR, "signed"),
        (Facts(ENDED, signed=True, page=PageSays.LINKS_GONE), CheckOutcome.GONE, "expired"),
        (Facts(ENDED, page=PageSays.GONE), CheckOutcome.GONE, "expired"),
        (Facts(GONE, opened=GONE), CheckOutcome.GONE, ""),
        (Facts(GONE, opened=Judgement(CheckOutcome.PRESENT, 0)), CheckOutcome.PRESENT, "hidden_from_one"),
        (Facts(GONE, opened=SIGN_IN), CheckOutcome.BLOCKED, "not_confirmed"),
        (Facts(OTHER_PICTURE, page=PageSays.GONE, opened=GONE), CheckOutcome.CHANGED, "other_picture"),
        (Facts(GONE, signed=True, page=PageSays.GONE), CheckOutcome.GONE, ""),
        (Facts(GONE, signed=True, page=PageSays.WITHOUT), CheckOutcome.UNCLEAR, "signed"),
        (Facts(GONE, signed=True, in_time=True), CheckOutcome.GONE, ""),
        (Facts(REFUSED, signed=True, expired=True, page=PageSays.GONE), CheckOutcome.GONE, "expired"),
        (Facts(REFUSED, signed=True, expired=True, page=PageSays.WITHOUT), CheckOutcome.BLOCKED, ""),
        (Facts(REFUSED, signed=True, page=PageSays.GONE), CheckOutcome.BLOCKED, ""),
        (Facts(REFUSED, expired=False, page=PageSays.GONE), CheckOutcome.BLOCKED, ""),
        (Facts(SIGN_IN, signed=True, expired=True, page=PageSays.GONE), CheckOutcome.BLOCKED, "login"),
        (Facts(LIKE_MISSING), CheckOutcome.UNCLEAR, "wall"),
        (Facts(LIKE_MISSING, control=True), CheckOutcome.GONE, "soft_404"),
        (Facts(OTHER_PICTURE), CheckOutcome.UNCLEAR, "other_picture"),
        (Facts(OTHER_PICTURE, page=PageSays.LINKS), CheckOutcome.UNCLEAR, "other_picture"),
        (Facts(OTHER_PICTURE, page=PageSays.UNSEEN), CheckOutcome.UNCLEAR, "other_picture"),
        (Facts(OTHER_PICTURE, page=PageSays.WITHOUT), CheckOutcome.UNCLEAR, "other_picture"),
        (Facts(OTHER_PICTURE, page=PageSays.GONE), CheckOutcome.CHANGED, "other_picture"),
    ],
)
def test_a_check_concludes_from_what_a_visitor_sees_and_what_the_pages_say(
    facts: Facts, outcome: CheckOutcome, reason: str
) -> None:
    found = conclude(facts)
    assert (found.outcome, found.reason) == (outcome, reason)


AWAY = Judgement(CheckOutcome.UNREACHABLE, reason="proxy")
SILENT = Judgement(CheckOutcome.UNREACHABLE, reason="disconnected")


@pytest.mark.parametrize(
    ("facts", "elsewhere", "outcome", "reason"),
    [
        (Facts(GONE), GONE, CheckOutcome.GONE, ""),
        (Facts(GONE), AWAY, CheckOutcome.UNCLEAR, "second_network"),
        (Facts(GONE), SILENT, CheckOutcome.UNCLEAR, "one_network"),
        (Facts(SILENT), GONE, CheckOutcome.UNCLEAR, "one_network"),
        (Facts(SILENT), AWAY, CheckOutcome.UNREACHABLE, "disconnected"),
        (Facts(SIGN_IN), AWAY, CheckOutcome.BLOCKED, "login"),
        (Facts(GONE), SIGN_IN, CheckOutcome.BLOCKED, "not_confirmed"),
        (Facts(OTHER_PICTURE, page=PageSays.GONE), AWAY, CheckOutcome.UNCLEAR, "second_network"),
        (Facts(GONE, page=PageSays.SHOWS), AWAY, CheckOutcome.PRESENT, "new_link"),
    ],
)
def test_what_one_network_alone_finds_gone_is_no_silence_of_the_host(
    facts: Facts, elsewhere: Judgement, outcome: CheckOutcome, reason: str
) -> None:
    """The host answered: that a person has to look, or to see to the proxy, is not "wait until it answers"."""
    found = conclude(facts, elsewhere)
    assert (found.outcome, found.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        (Facts(GONE, page=PageSays.GONE), CheckOutcome.GONE),
        (Facts(GONE, page=PageSays.GONE, host_shows=False), CheckOutcome.UNCLEAR),
        (Facts(GONE, page=PageSays.GONE, page_by_country=True), CheckOutcome.UNCLEAR),
    ],
)
def test_pages_that_our_network_does_not_see_say_nothing_of_what_another_sees(
    facts: Facts, outcome: CheckOutcome
) -> None:
    """Something else stands there for the second network: gone only where the pages that led to it are gone for more
    than us."""
    assert conclude(facts, OTHER_PICTURE).outcome is outcome
    assert conclude(facts, GONE).outcome is CheckOutcome.GONE


@given(FACTS)
def test_nothing_is_gone_that_a_visitor_or_a_page_sees(facts: Facts) -> None:
    found = conclude(facts)
    seen = facts.opened is not None and facts.opened.outcome in THERE
    if seen or facts.visitor.outcome in THERE or facts.page in (PageSays.SHOWS, PageSays.SHOWS_ELSEWHERE):
        assert found.outcome in THERE
    else:
        assert found.outcome not in THERE


@given(FACTS)
def test_gone_needs_a_word_of_the_host_or_two_that_agree(facts: Facts) -> None:
    if conclude(facts).outcome not in OFFLINE:
        return
    for view in (facts.visitor, facts.opened or facts.visitor):
        says_so = view.outcome in OFFLINE
        replaced = view.reason in STANDS_INSTEAD
        refused_for_good = view == REFUSED and facts.signed and facts.expired
        assert says_so or replaced or refused_for_good or view == ENDED
        told = {PageSays.GONE} if replaced else {PageSays.GONE, PageSays.LINKS_GONE}
        assert says_so or facts.page in told
        assert facts.in_time or not facts.signed or facts.page in {PageSays.GONE, PageSays.LINKS_GONE}
        assert facts.control or not view.by_likeness
    assert (facts.by_country, facts.page_by_country, facts.host_shows) == (False, False, True)


@given(FACTS)
def test_what_is_not_gone_when_it_is_opened_is_not_gone(facts: Facts) -> None:
    """A host that answers who opens the address in another way than who shows it on a page has not said that."""
    if conclude(facts).outcome in OFFLINE and facts.opened is not None:
        assert conclude(replace(facts, visitor=facts.opened, opened=None)).outcome in OFFLINE


@given(FACTS, VIEWS)
def test_gone_from_two_places_needs_both(facts: Facts, elsewhere: Judgement) -> None:
    found = conclude(facts, elsewhere)
    is_ours_alone = facts.page_by_country or not facts.host_shows
    facts = replace(facts, by_country=False, page_by_country=False, host_shows=True)
    page = PageSays.UNSEEN if is_ours_alone and facts.page in (PageSays.GONE, PageSays.LINKS_GONE) else facts.page
    one, other = conclude(facts), conclude(replace(facts, visitor=elsewhere, opened=None, page=page))
    assert (found.outcome in OFFLINE) == (one.outcome in OFFLINE and other.outcome in OFFLINE)


@given(FACTS)
def test_no_look_is_kept_as_gone_where_the_check_is_not(facts: Facts) -> None:
    together = conclude(facts)
    kept = as_kept(facts.visitor, together)
    assert (kept.outcome in OFFLINE) <= (together.outcome in OFFLINE)


def test_what_is_there_though_not_by_our_own_name_says_so() -> None:
    seen = Judgement(CheckOutcome.PRESENT, 0)
    assert hidden_from_us(GONE, seen).reason == "hidden_from_us"
    assert hidden_from_us(seen, seen) == seen
    assert hidden_from_us(GONE, REFUSED) == REFUSED


@given(FACTS)
def test_what_pages_say_is_never_kept_as_a_removal(facts: Facts) -> None:
    assert facts.of_pages.outcome not in OFFLINE


def test_another_network_tells_what_a_language_of_no_rule_may_say_and_what_asks_to_sign_in_stays_blocked() -> None:
    assert conclude(Facts(GONE, unread=True), GONE).outcome is CheckOutcome.GONE
    assert conclude(Facts(GONE, asks_to_sign_in=True), GONE).outcome is CheckOutcome.BLOCKED
    assert conclude(Facts(GONE, may_ask=True), GONE).outcome is CheckOutcome.UNCLEAR
