"""Decisions about notices: what they are called, on which ground, when they are repeated. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from enum import IntEnum, StrEnum

from orbweaver.assess.criteria import AgeClass, NoticeType

MAX_URLS = 200
"""URLs in one notice, so that a mail with a report for each stays well under the 10 MB that servers commonly take."""

BACKOFF_FIRST_S = 5.0
BACKOFF_LONGEST_S = 3600.0
"""Real seconds between tries at a mail server: doubling from the first to the longest."""

GROUNDS: dict[tuple[str, str], tuple[str, ...]] = {
    (NoticeType.CSAM, ""): ("child_exploitation", "sexual_exploitation"),
    (NoticeType.HARMFUL_ABUSIVE, "a"): ("child_exploitation", "sexual_exploitation"),
    (NoticeType.HARMFUL_ABUSIVE, "b"): ("child_exploitation", "sexual_exploitation", "rights_of_others"),
    (NoticeType.HARMFUL_ABUSIVE, "c"): ("physical_harm", "child_exploitation"),
}
"""R47: the grounds in a provider's own terms that each kind of notice rests on, best first."""


class NoticeState(StrEnum):
    """held → open → closed; open → held when the contact is gone; closed → open (or held) when a picture is back."""

    HELD = "held"
    OPEN = "open"
    CLOSED = "closed"


TRANSITIONS: dict[NoticeState, frozenset[NoticeState]] = {
    NoticeState.HELD: frozenset({NoticeState.OPEN, NoticeState.CLOSED}),
    NoticeState.OPEN: frozenset({NoticeState.CLOSED, NoticeState.HELD}),
    NoticeState.CLOSED: frozenset({NoticeState.OPEN, NoticeState.HELD}),
}


class UrlState(StrEnum):
    """live ⇄ gone_once → removed → reappeared → gone_once → removed …; any but removed → withdrawn, for good.

    live → moved, where its page shows it at another address: it is there all the same, and may become any other state.
    What is not removed ⇄ offline, while its host answers nobody: nothing is asked of it then, and it is no removal.
    """

    LIVE = "live"
    GONE_ONCE = "gone_once"
    REMOVED = "removed"
    REAPPEARED = "reappeared"
    MOVED = "moved"
    OFFLINE = "offline"
    WITHDRAWN = "withdrawn"


ENDED = (UrlState.REMOVED, UrlState.WITHDRAWN)
"""States that a URL whose verdict falls keeps."""

DONE_WITH = (*ENDED, UrlState.OFFLINE)
"""States of which nothing more is asked; of what is offline, until its host answers again."""


class OutboxState(StrEnum):
    """queued → sending → sent | failed | refused | uncertain; failed → sending again; cancelled before it left.

    uncertain → sent or failed once the other side could be asked (ADR 5); sent → bounced when it came back.
    queued → by_hand → sent where a person has to send it: by a web form, telephone, fax or chat.
    """

    QUEUED = "queued"
    BY_HAND = "by_hand"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    BOUNCED = "bounced"
    CANCELLED = "cancelled"


NOT_ARRIVED = tuple(each.value for each in OutboxState if each is not OutboxState.SENT)
"""States of messages that nobody can have ignored: bounced, refused, put off, in doubt, or not yet sent."""


class Rank(IntEnum):
    """The order in which messages leave: that police identified a child waits for nothing else (R74), nor does a first
    notice about one whom they knew before (R53)."""

    NEWS = -2
    RELATED = -1
    FIRST = 0
    REMINDER = 1


WAITING = (OutboxState.QUEUED, OutboxState.FAILED, OutboxState.BY_HAND)
"""States from which a message may be sent: the server cannot have it."""

LEFT = (OutboxState.SENT, OutboxState.SENDING, OutboxState.UNCERTAIN)
"""States in which a message may be with its contact."""


class Fate(StrEnum):
    """What became of a message for one recipient, the gravest first."""

    HARD = "hard"
    SOFT = "soft"
    DELAYED = "delayed"
    PASSED_ON = "passed_on"
    DELIVERED = "delivered"


def fate_of_failure(status: str, code: int = 0) -> Fate:
    """Whether a failure is for good, by its enhanced status (RFC 3463, such as 5.1.1) or else its SMTP code.

    A full mailbox (x.2.2, 552) and a filter or policy (5.7.x) may pass: the same address is tried again. So may what is
    said of our own address (5.1.7, 5.1.8), as it says nothing of the recipient.
    """
    if status.startswith("4") or (not status and 400 <= code < 500):
        return Fate.SOFT
    passing = status.startswith("5.7.") or status.endswith(".2.2") or status in ("5.1.7", "5.1.8")
    passing = passing or (not status and code == 552)
    return Fate.SOFT if passing else Fate.HARD


SOFT_PAUSES = (dt.timedelta(hours=1), dt.timedelta(hours=6))
"""How long the same contact is left alone after each failure that may pass; after one more it is given up."""


class Action(StrEnum):
    """What a provider answers (R51)."""

    REMOVED = "removed"
    NOT_OURS = "not_ours"
    PUSH_BACK = "push_back"


class PushBackReason(StrEnum):
    """Why a provider does not act (R51)."""

    NOT_A_CHILD = "not_a_child"
    NOT_ILLEGAL = "not_illegal"
    WANTS_PROOF_OF_AGE = "wants_proof_of_age"
    NOT_OURS = "not_ours"
    ALREADY_GONE = "already_gone"


class PushBackOutcome(StrEnum):
    """What came of a push-back: it waits for a person, the notice stands, or the provider was right."""

    OPEN = "open"
    UPHELD = "upheld"
    CONCEDED = "conceded"


class Meaning(StrEnum):
    """What a person says that an answer in words means. Those in ``ANSWERS_LIKE`` do what the notice's link does."""

    REMOVED = "removed"
    NOT_OURS = "not_ours"
    NOT_A_CHILD = "not_a_child"
    NOT_ILLEGAL = "not_illegal"
    WANTS_PROOF_OF_AGE = "wants_proof_of_age"
    ALREADY_GONE = "already_gone"
    NEEDS_INFORMATION = "needs_information"
    REFUSES = "refuses"
    AUTOMATIC = "automatic"
    OTHER = "other"


ANSWERS_LIKE: dict[Meaning, tuple[Action, str]] = {
    Meaning.REMOVED: (Action.REMOVED, ""),
    Meaning.NOT_OURS: (Action.NOT_OURS, ""),
    Meaning.NOT_A_CHILD: (Action.PUSH_BACK, PushBackReason.NOT_A_CHILD.value),
    Meaning.NOT_ILLEGAL: (Action.PUSH_BACK, PushBackReason.NOT_ILLEGAL.value),
    Meaning.WANTS_PROOF_OF_AGE: (Action.PUSH_BACK, PushBackReason.WANTS_PROOF_OF_AGE.value),
    Meaning.ALREADY_GONE: (Action.PUSH_BACK, PushBackReason.ALREADY_GONE.value),
}
"""The answer by the link that each of these amounts to."""


def may_become(state: NoticeState, wanted: NoticeState) -> bool:
    """Whether the transition table allows it."""
    return wanted in TRANSITIONS[state]


def occasion_key(reference: str, number: int) -> str:
    """What makes an occasion unique: notice and number, 0 for the first notice, then each reminder."""
    return f"{reference}.{number}"


def backoff_s(attempts: int) -> float:
    """Real seconds to wait after this many failed tries (1 or more)."""
    return float(min(BACKOFF_LONGEST_S, BACKOFF_FIRST_S * 2.0 ** min(attempts - 1, 20)))


def is_identified(each: Iterable[bool]) -> bool:
    """Whether a notice counts as about an identified child: only when each of its URLs is (R73)."""
    return all(each)


def push_back_reason(action: Action, reason: str) -> PushBackReason | None:
    """The push-back that an answer amounts to; None for "removed". Raises ValueError for a reason unknown."""
    if action is Action.REMOVED:
        return None
    if action is Action.NOT_OURS:
        return PushBackReason.NOT_OURS
    return PushBackReason(reason)


def xarf_classification(*, baseline: bool, age_class: str, act: str) -> str | None:
    """The class of a ``csam`` report in XARF, or None when it has no slot and goes as ``csem``.

    ``act`` is the digit that a list's supplier gave these very bytes: "1" a sexual act, "2" a lascivious exhibition,
    "" not known, which claims no more than 2. Post-pubescent victims are never labelled B1 or B2.
    """
    if baseline:
        return "baseline"
    letter = {AgeClass.PREPUBESCENT: "A", AgeClass.PUBESCENT: "B"}.get(AgeClass(age_class)) if age_class else None
    return None if letter is None else letter + (act or "2")
