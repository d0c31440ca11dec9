"""When a URL counts as removed. Pure.

What one fetch sees is judged by itself (``judge``), what several see together (``combine``, ``concluding.py``); a row
of such checks moves a URL through its phases (``advance``)::

    there ──offline──▶ gone_once ──offline again, later──▶ removed (at the first of the two)
      ▲                    │                                          │
      └──── anything else ─┘            ◀──── the medium is back ─────┘

Only an answer that says so is a removal. A host that does not answer, blocks or fails is none (R50); nor is a page that
we do not understand, another picture by itself, or anything that another vantage point does not confirm. A host that
answers nobody for days is ``offline``, a phase of its own that ends with the next answer (R81, ``silence.py``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum

from orbweaver.follow.recheck.pages import (
    ALIKE,
    GONE_STATUSES,
    LEAST_SAID,
    Means,
    Page,
    PageRule,
    Shape,
    known_pictures,
    likeness,
    same_target,
)

NEAR_BITS = 31
"""PDQ hashes that differ in no more bits than this are the same picture (the distance that its authors advise)."""

BLOCKED_STATUSES = frozenset({401, 402, 403, 407, 429, 451})
"""The server answers, but not to us or not in our country: it may well show the picture to others."""

STANDS_INSTEAD = frozenset({"empty", "other_file", "other_picture"})
"""Reasons of what is unclear by itself: something else, or nothing, came with a status that says that all is well."""

NO_PICTURE = frozenset({"", "empty", "not_an_image", "no_picture"})
"""Why a body has no fingerprint, where that means that it is something else. Other reasons leave it open."""

MOVED_ON_PAGE = "moved_on_page"
"""The reason of what is gone from its address while a page where it was found shows it at another one."""


SECOND_NETWORK = "second_network"
"""The reason of what is gone for us while our second network could not be asked: nobody has confirmed it."""
ONE_NETWORK = "one_network"
"""The reason of what one of our networks finds gone, while the other got nothing from the host that can be used."""

WORDED = "worded"
OWN_WORDS = "own_words"
"""The reason of a 404 or 410 whose page has words that no rule knows: they may say that it is private."""

LEAST_LETTERS = 24
"""Letters of a page (``Shape.letters``) from which it may say more than that something is not found. Servers' own pages
for that have fewer; "sign in to see this picture" has more in nearly all languages."""


class CheckOutcome(StrEnum):
    """What one check says of the medium at its URL."""

    PRESENT = "present"
    MOVED = "moved"
    GONE = "gone"
    CHANGED = "changed"
    BLOCKED = "blocked"
    UNREACHABLE = "unreachable"
    UNCLEAR = "unclear"

    @property
    def is_offline(self) -> bool:
        """Whether it says that the medium is not there any more."""
        return self in (CheckOutcome.GONE, CheckOutcome.CHANGED)


OFFLINE = frozenset(outcome for outcome in CheckOutcome if outcome.is_offline)
THERE = frozenset({CheckOutcome.PRESENT, CheckOutcome.MOVED})
TOLD_NOTHING = frozenset({CheckOutcome.UNREACHABLE, CheckOutcome.BLOCKED, CheckOutcome.UNCLEAR})


class Phase(StrEnum):
    """Where a URL stands."""

    THERE = "there"
    GONE_ONCE = "gone_once"
    REMOVED = "removed"
    OFFLINE = "offline"


class Event(StrEnum):
    """What a check changed."""

    GONE_ONCE = "gone_once"
    STILL_THERE = "still_there"
    REMOVED = "removed"
    REAPPEARED = "reappeared"
    OFFLINE = "offline"
    ANSWERING = "answering"
    MOVED = "moved"


@dataclass(frozen=True)
class FetchFacts:
    """What a fetch brought. ``pdqs`` are the hashes of every picture in the body, turned and mirrored ones too.

    ``undecoded`` is why there are none ("" when nothing was decoded because nothing had to be). ``page`` is the text
    that came instead, whatever the status. ``missing`` and ``home`` are the shapes of a sibling path that cannot exist
    and of the host's front page, once they were asked for. ``stood_elsewhere``: other URLs of the host on which this
    very picture stood in the place of a known one. ``led_to`` is the rule that knows where redirects led to.
    """

    status: int | None
    error: str | None = None
    redirected: bool = False
    sha256: bytes = b""
    pdqs: tuple[bytes, ...] = ()
    undecoded: str = ""
    page: Page | None = None
    missing: Shape | None = None
    home: Shape | None = None
    stood_elsewhere: int = 0
    led_to: PageRule | None = None
    leaves_open: bool = False
    """An error that asks to come again, or with a body that browsers may show and that we cannot read."""


@dataclass(frozen=True)
class Judgement:
    """The outcome, with the distance that led to it (None when nothing was compared), a code when it is not plain, and
    the evidence in words, which hold nothing of the page. ``by_likeness``: it rests on the host giving the same for
    paths that cannot exist, which a wall before everything does too."""

    outcome: CheckOutcome
    distance: int | None = None
    reason: str = ""
    evidence: str = ""
    by_likeness: bool = False

    @property
    def wants_siblings(self) -> bool:
        """Whether other paths of the host would tell more: something else came that browsers show."""
        return self.reason in ("page", "front_page", "other_picture", WORDED)


@dataclass(frozen=True)
class Track:
    """A URL's phase; ``offline_since`` is the first of the checks in a row that found it gone, kept once removed; of an
    offline one, since when its host has not answered."""

    phase: Phase = Phase.THERE
    offline_since: dt.datetime | None = None


def judge(seen: FetchFacts, sha256: bytes, pdq: bytes | None) -> Judgement:
    """What a fetch says of the medium with this SHA-256 and PDQ hash (None when it has none)."""
    if seen.error is not None or seen.status is None:
        return Judgement(CheckOutcome.UNREACHABLE, reason=seen.error or "no_answer")
    rule = seen.page.rule if seen.page else None
    if rule is not None and rule.means is not Means.GONE and rule.is_heard(seen.status):
        outcome = CheckOutcome.UNCLEAR if rule.means is Means.SIGNED else CheckOutcome.BLOCKED
        return Judgement(outcome, reason=rule.means.value, evidence=f"the page is known: {rule.name}")
    if not 200 <= seen.status < 300:
        return _judge_error(seen, seen.status, sha256, pdq)
    if seen.page is not None and seen.sha256 != sha256:
        return _judge_page(seen, seen.page.shape, rule)
    return _compare(seen, sha256, pdq)


def _judge_error(seen: FetchFacts, status: int, sha256: bytes, pdq: bytes | None) -> Judgement:
    """Browsers show the picture or film that comes with an error like any other: it is looked at before the status."""
    is_file = seen.sha256 == sha256 or seen.pdqs or seen.undecoded not in NO_PICTURE
    if seen.leaves_open and status in GONE_STATUSES:
        evidence = "an error that asks to come again, or with a file that we cannot read"
        return Judgement(CheckOutcome.UNCLEAR, reason="http_error", evidence=evidence)
    if not is_file:
        return _judge_missing(seen, seen.page, status) if status in GONE_STATUSES else _judge_status(status)
    found = _compare(seen, sha256, pdq)
    if found.outcome in THERE or (status in GONE_STATUSES and seen.pdqs):
        return found
    if status == 451:
        return _judge_status(status)
    evidence = "an error with another picture or film, which browsers show"
    return Judgement(CheckOutcome.UNCLEAR, found.distance, "http_error", evidence)


def _judge_missing(seen: FetchFacts, page: Page | None, status: int) -> Judgement:
    """A 404 or 410. Where its page says something in words that no rule knows, or scripts may, it is compared with the
    one for a path that cannot exist: what the host says of this address alone may as well be that it is private.

    What it says of its front page, too, may be that all of it is under repair.
    """
    gone = _judge_status(status)
    if page is None or page.rule is not None or not (page.shape.scripted or page.shape.letters >= LEAST_LETTERS):
        return gone
    if seen.missing is None:
        return replace(gone, reason=WORDED)
    if seen.missing.status == status and likeness(page.shape, seen.missing) >= ALIKE:
        return replace(gone, by_likeness=seen.home is None or _fails(page.shape, seen.home))
    evidence = "an error with words of its own, unlike the one for a path that cannot exist"
    return Judgement(CheckOutcome.UNCLEAR, reason=OWN_WORDS, evidence=evidence)


def leaves_open(shape: Shape) -> bool:
    """Whether a page says something, and nothing that we know of what is missing: where one can sign in, it may ask for
    that."""
    return shape.letters >= LEAST_SAID and not shape.says_gone


def without_comparison(judgement: Judgement) -> Judgement:
    """The judgement, unclear if it needs to be compared with the page for a path that cannot exist, and is not."""
    if judgement.reason != WORDED:
        return judgement
    evidence = "an error with words of its own; the one for a path that cannot exist did not come"
    return Judgement(CheckOutcome.UNCLEAR, reason=OWN_WORDS, evidence=evidence)


def _judge_status(status: int) -> Judgement:
    if status in GONE_STATUSES:
        return Judgement(CheckOutcome.GONE)
    if status in BLOCKED_STATUSES:
        return Judgement(CheckOutcome.BLOCKED, reason="legal" if status == 451 else "")
    return Judgement(CheckOutcome.UNREACHABLE, reason="http_error")


def _judge_page(seen: FetchFacts, shape: Shape, rule: PageRule | None) -> Judgement:
    """A page that came with status 200 in the place of a picture."""
    if rule is not None:
        return Judgement(CheckOutcome.GONE, reason="soft_404", evidence=f"the page says so: {rule.name}")
    unclear = "front_page" if shape.redirected and _is_front(shape.final_url) else "page"
    if seen.missing is None or not 200 <= seen.missing.status < 300:
        return Judgement(CheckOutcome.UNCLEAR, reason=unclear, evidence="a page that says nothing we know")
    alike, together = likeness(shape, seen.missing), same_target(shape, seen.missing)
    if alike < ALIKE and not together:
        return Judgement(
            CheckOutcome.UNCLEAR, reason=unclear, evidence="a page unlike the host's page for missing files"
        )
    if seen.home is not None and _same_everywhere(shape, seen.home):
        return Judgement(CheckOutcome.BLOCKED, reason="same_everywhere", evidence="the front page gives the same page")
    how = "both lead to the same address" if together else f"{alike:.0%} alike"
    evidence = f"as for a path that cannot exist: {how}"
    return Judgement(CheckOutcome.GONE, reason="soft_404", evidence=evidence, by_likeness=True)


def _is_front(url: str) -> bool:
    """Whether an address is the front page of its host, in whatever language."""
    return len(url.partition("?")[0].rstrip("/").split("/")) <= 3


def _same_everywhere(shape: Shape, home: Shape) -> bool:
    """Whether the host shows the same to whoever asks for its front page: then it says nothing of the picture.

    Missing files that lead to the front page itself are no such case: there the front page is not redirected.
    """
    if shape.redirected and not home.redirected:
        return False
    return same_target(shape, home) or likeness(shape, home) >= ALIKE


def _fails(shape: Shape, home: Shape) -> bool:
    """Whether the front page fails as well, or says the same as this page."""
    return home.status >= 500 or _same_everywhere(shape, home)


def _compare(seen: FetchFacts, sha256: bytes, pdq: bytes | None) -> Judgement:
    there = CheckOutcome.MOVED if seen.redirected else CheckOutcome.PRESENT
    if seen.sha256 == sha256:
        return Judgement(there, 0)
    if seen.pdqs and pdq is not None:
        distance = min(bits_apart(pdq, found) for found in seen.pdqs)
        return Judgement(there, distance) if distance <= NEAR_BITS else _judge_other_picture(seen, distance)
    if not seen.pdqs and seen.undecoded not in NO_PICTURE:
        return Judgement(CheckOutcome.UNREACHABLE, reason=seen.undecoded)
    if seen.pdqs:
        return _judge_other_picture(seen, None)
    if seen.undecoded == "empty":
        return Judgement(CheckOutcome.UNCLEAR, reason="empty", evidence="an answer without anything in it")
    return Judgement(CheckOutcome.UNCLEAR, reason="other_file", evidence="a file of another kind stands there")


def _judge_other_picture(seen: FetchFacts, distance: int | None) -> Judgement:
    """Another picture in its place. By itself it says nothing: it may as well ask to sign in, or refuse other sites."""
    means = known_pictures().get(seen.sha256)
    if means is None and seen.led_to is not None:
        means = seen.led_to.means
    if means is not None and means is not Means.GONE:
        return Judgement(CheckOutcome.BLOCKED, distance, means.value, "a picture that is known to stand for others")
    same_as_missing = seen.missing is not None and same_picture(seen.missing, seen.sha256, seen.pdqs)
    if same_as_missing and seen.home is not None and same_picture(seen.home, seen.sha256, seen.pdqs):
        return Judgement(CheckOutcome.BLOCKED, distance, "same_everywhere", "the front page gives the same picture")
    if means is Means.GONE:
        return Judgement(
            CheckOutcome.GONE, distance, "placeholder", "a picture that is known to stand for removed ones"
        )
    if same_as_missing:
        evidence = "the picture that a path that cannot exist gives"
        return Judgement(CheckOutcome.GONE, distance, "placeholder", evidence, by_likeness=True)
    evidence = f"another picture, which stands at {seen.stood_elsewhere + 1} addresses of the host"
    return Judgement(CheckOutcome.UNCLEAR, distance, "other_picture", evidence)


def same_picture(shape: Shape, sha256: bytes, pdqs: tuple[bytes, ...]) -> bool:
    """Whether an answer is this picture, saved anew or with another number on it perhaps."""
    if shape.sha256 == sha256:
        return True
    return any(bits_apart(one, other) <= NEAR_BITS for one in shape.pdqs[:1] for other in pdqs)


def combine(first: Judgement, second: Judgement) -> Judgement:
    """What two vantage points say together (rule 5: a page that hides from us alone is not removed).

    Seen from either: it is there. Offline counts only where both say so. Laws: the order decides nothing of whether it
    counts as there or as offline.
    """
    for each, other in ((first, second), (second, first)):
        if each.outcome in THERE:
            hidden = other.outcome not in THERE
            return replace(each, reason="hidden_from_one") if hidden else each
    if first.outcome in OFFLINE and second.outcome in OFFLINE:
        return first
    if first.outcome in OFFLINE or second.outcome in OFFLINE:
        heard = second if first.outcome in OFFLINE else first
        return Judgement(heard.outcome, reason="not_confirmed", evidence="only one of two fetches says that it is gone")
    return first


def as_kept(view: Judgement, together: Judgement) -> Judgement:
    """One fetch as it is kept: no row says "gone" of what all fetches together do not call gone."""
    if view.outcome not in OFFLINE or together.outcome in OFFLINE:
        return view
    if together.outcome in THERE:
        return Judgement(CheckOutcome.BLOCKED, view.distance, "differs", "another fetch sees it")
    return Judgement(together.outcome, view.distance, together.reason, together.evidence)


def bits_apart(one: bytes, other: bytes) -> int:
    """The Hamming distance of two hashes of 32 bytes, 0 to 256."""
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def advance(
    track: Track,
    outcome: CheckOutcome,
    at: dt.datetime,
    confirm: dt.timedelta,
    *,
    heard: bool = False,
    silent_since: dt.datetime | None = None,
) -> tuple[Track, Event | None]:
    """The track after one more check at ``at``, and what changed. ``confirm``: least time between the two checks.

    ``heard``: the host gave any answer at all; ``silent_since``: since when it has answered nobody, if that is long
    enough to call it offline.
    """
    if track.phase in (Phase.REMOVED, Phase.OFFLINE):
        return _advance_watched(track, outcome, heard)
    if outcome is CheckOutcome.UNREACHABLE and silent_since is not None and not heard:
        return Track(Phase.OFFLINE, silent_since), Event.OFFLINE
    if outcome not in OFFLINE:
        return (Track(), Event.STILL_THERE) if track.phase is Phase.GONE_ONCE else (track, None)
    if track.phase is Phase.THERE or track.offline_since is None:
        return Track(Phase.GONE_ONCE, at), Event.GONE_ONCE
    if at - track.offline_since < confirm:
        return track, None
    return Track(Phase.REMOVED, track.offline_since), Event.REMOVED


def _advance_watched(track: Track, outcome: CheckOutcome, heard: bool) -> tuple[Track, Event | None]:
    """What is removed or offline is looked at to see whether it, or its host, is back."""
    if track.phase is Phase.REMOVED:
        return (Track(), Event.REAPPEARED) if outcome in THERE else (track, None)
    is_back = heard or outcome is not CheckOutcome.UNREACHABLE
    return (Track(), Event.ANSWERING) if is_back else (track, None)
