"""Words and shapes on screen, without a database."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import pytest

from orbweaver.assess.criteria import AgeClass, Category, NoticeType, Outcome
from orbweaver.doors.web.frame.showing import safe
from orbweaver.doors.web.frame.wording import WORDS, badge_of
from orbweaver.doors.web.templatetags.orbweaver import day, number, percent, relative, short_span, span, unlocalized
from orbweaver.notify.notices.rules import Action, NoticeState, OutboxState, PushBackOutcome, PushBackReason, UrlState
from orbweaver.people.accounts.rules import Role

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),
        (0, "0 seconds"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (3600, "1 hour"),
        (11_520, "3 hours 12 minutes"),
        (86_400, "1 day"),
        (180_000, "2 days 2 hours"),
    ],
)
def test_a_span_is_said_in_its_two_largest_units(seconds: float | None, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (45, "45 s"), (720, "12 min"), (36_120, "10 h 02 min"), (108_000, "1 d 6 h")],
)
def test_a_span_has_a_short_form_for_figures(seconds: float | None, words: str) -> None:
    assert short_span(seconds) == words


def test_instants_are_told_from_now() -> None:
    assert relative(NOW, NOW) == "now"
    assert relative(NOW - dt.timedelta(hours=3), NOW) == "3 hours ago"
    assert relative(NOW + dt.timedelta(minutes=5), NOW) == "in 5 minutes"


def test_numbers_have_separators_and_missing_ones_a_dash() -> None:
    assert number(1_234_567) == "1,234,567"
    assert number(None) == percent(None) == day(None) == "–"
    assert percent(0.853) == "85 %"
    assert day(dt.date(2026, 11, 4)) == "4 Nov 2026"
    assert unlocalized(33.3) == "33.3"


ENUMS: list[type[StrEnum]] = [
    Role, Category, NoticeType, AgeClass, Outcome, UrlState, NoticeState, OutboxState, Action, PushBackReason,
    PushBackOutcome,
]  # fmt: skip


@pytest.mark.parametrize("codes", ENUMS)
def test_every_code_has_words(codes: type[StrEnum]) -> None:
    assert {code.value for code in codes} - set(WORDS) == set()


def test_states_differ_in_shape_and_not_in_colour_alone() -> None:
    shapes = {badge_of(state) for state in ("removed", "gone_once", "live", "waiting")}
    assert len({shape for _tone, shape in shapes}) == len(shapes) == 4


def test_messages_on_screen_hold_no_address_to_open_and_no_link_to_answer_with() -> None:
    text = 'See https://images.example/1.png and "http://a.b/c?d=e#f"; http://h.example/public/answer/ntc_2.abc/ ends.'
    shown = safe(text)
    assert "://" not in shown.replace("hxxps://", "").replace("hxxp://", "")
    assert "hxxps://images[.]example/1.png" in shown
    assert "ntc_2.abc" not in shown
