"""How an address stands by its last check, where its state alone does not tell what to do next. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from orbweaver.follow.recheck.rules import MOVED_ON_PAGE, ONE_NETWORK, SECOND_NETWORK, CheckOutcome

THERE: Final = (CheckOutcome.PRESENT, CheckOutcome.MOVED)


class Situation(StrEnum):
    """What stands between an address and a plain word about it; each has a next step of its own."""

    CLOAKED = "cloaked"
    MOVED = "moved_away"
    RENEWED = "renewed"
    BLOCKED_HERE = "blocked_here"
    SECOND_NETWORK = "second_network"
    SIGN_IN = "sign_in"
    EXPIRED = "expired_link"
    FRONT_PAGE = "front_page"
    SOMETHING_ELSE = "something_else"
    PERSON_SAW = "person_saw"
    SILENT = "silent"
    NOT_UNDERSTOOD = "not_understood"


_THERE_BY: Final[Mapping[str, Situation]] = {
    "hidden_from_us": Situation.CLOAKED,
    "hidden_from_one": Situation.CLOAKED,
    MOVED_ON_PAGE: Situation.MOVED,
    "new_link": Situation.RENEWED,
}
_UNTOLD_BY: Final[Mapping[str, Situation]] = {
    "login": Situation.SIGN_IN,
    "signed": Situation.EXPIRED,
    "page_links_it": Situation.EXPIRED,
    "front_page": Situation.FRONT_PAGE,
    "other_picture": Situation.SOMETHING_ELSE,
    "other_file": Situation.SOMETHING_ELSE,
    "empty": Situation.SOMETHING_ELSE,
    "person_saw": Situation.PERSON_SAW,
    "by_country": Situation.BLOCKED_HERE,
    "wall": Situation.BLOCKED_HERE,
    ONE_NETWORK: Situation.BLOCKED_HERE,
    SECOND_NETWORK: Situation.SECOND_NETWORK,
}
_OTHERWISE: Final[Mapping[CheckOutcome, Situation]] = {
    CheckOutcome.BLOCKED: Situation.BLOCKED_HERE,
    CheckOutcome.UNREACHABLE: Situation.SILENT,
    CheckOutcome.UNCLEAR: Situation.NOT_UNDERSTOOD,
}


def situation_of(outcome: str, reason: str) -> Situation | None:
    """The situation that a check found; None where its word is plain, or where there was none."""
    if not outcome:
        return None
    word = CheckOutcome(outcome)
    if word in THERE:
        return _THERE_BY.get(reason)
    return (_UNTOLD_BY.get(reason) or _OTHERWISE[word]) if word in _OTHERWISE else None


def codes_of(situation: Situation) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """What finds a situation among checks: outcomes, reasons (none: any), and reasons that are another situation's."""
    if situation in _THERE_BY.values():
        reasons = frozenset(reason for reason, each in _THERE_BY.items() if each is situation)
        return frozenset(each.value for each in THERE), reasons, frozenset()
    named = frozenset(reason for reason, each in _UNTOLD_BY.items() if each is situation)
    outcomes = frozenset(each.value for each, other in _OTHERWISE.items() if other is situation)
    everything = frozenset(each.value for each in _OTHERWISE)
    if not outcomes:
        return everything, named, frozenset()
    return outcomes, frozenset(), frozenset(_UNTOLD_BY) - named
