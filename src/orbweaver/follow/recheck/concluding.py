"""What the fetches of one check say together. Pure.

A check first asks under our own name. What is not seen so is looked at as a visitor sees it; what a visitor does not
see either is looked for on the pages where it was found. Only what all of that agrees with counts as gone: an answer
that hides, asks to sign in, has expired or stands for something unknown is no removal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from orbweaver.follow.recheck.pages import Means
from orbweaver.follow.recheck.rules import (
    MOVED_ON_PAGE,
    OFFLINE,
    ONE_NETWORK,
    OWN_WORDS,
    SECOND_NETWORK,
    STANDS_INSTEAD,
    THERE,
    CheckOutcome,
    Judgement,
    combine,
)

ENDED = Means.SIGNED.value
"""The reason of an address that has ended by itself, by its own signature or by the words of the host."""
PROXY_AWAY = "proxy"
"""The reason of a fetch for which the proxy of our second network itself was away, or said no."""


class PageSays(IntEnum):
    """What a page where the medium was found says of it now. Of several pages the first in this order counts."""

    SHOWS = 0
    """It shows the medium itself: under the same address but for its signature, or, if it stands in its place, any."""
    SHOWS_ELSEWHERE = 1
    """It shows the medium at another address of another name: it has moved."""
    LINKS_UNTOLD = 2
    """It leads to such an address, and what stands there cannot be told."""
    UNSEEN = 3
    """No page is known, or it cannot be looked at: away, blocked, signed in, somewhere else."""
    EMPTY = 4
    """It shows no picture at all: a script may fill it."""
    LINKS_GONE = 5
    """It leads to a newly signed address of it that has not ended, and there it is gone."""
    LINKS = 6
    """It still leads to the address, or to another of it that may have ended too."""
    WITHOUT = 7
    """It shows pictures, and does not lead to this one: gone from it, or moved on to the next page of a list."""
    GONE = 8
    """The page itself is gone."""


_OF_PAGES = {
    PageSays.SHOWS: "page_shows",
    PageSays.SHOWS_ELSEWHERE: "page_shows_elsewhere",
    PageSays.LINKS_UNTOLD: "page_links_untold",
    PageSays.UNSEEN: "page_unseen",
    PageSays.EMPTY: "page_empty",
    PageSays.LINKS_GONE: "page_links_gone",
    PageSays.LINKS: "page_links",
    PageSays.WITHOUT: "page_without",
    PageSays.GONE: "page_gone",
}


_TELL_OF_ENDED = frozenset({PageSays.GONE, PageSays.LINKS_GONE})
"""What a page has to say for a signed address that has ended to count as removed."""


_SHOWING = frozenset({PageSays.SHOWS, PageSays.SHOWS_ELSEWHERE})


@dataclass(frozen=True)
class Facts:
    """What is known of one place. ``visitor`` is what a visitor's browser sees as a picture, from here, ``opened`` what
    it sees when somebody opens the address itself (None where nobody did).

    ``control``: whether another picture of the host was seen as itself, so that no wall stands before all of them.
    ``expired`` and ``in_time``: a signed address says when it ends, and that is past or not yet come. Of others it is
    not known. ``by_country``: the answer says that it depends on the country. ``page_by_country``: the page on the same
    host is not shown in our country.
    """

    visitor: Judgement
    looked_at_pages: bool = False
    page: PageSays = PageSays.UNSEEN
    page_distance: int | None = None
    page_by_country: bool = False
    control: bool = False
    signed: bool = False
    expired: bool = False
    in_time: bool = False
    by_country: bool = False
    opened: Judgement | None = None
    host_shows: bool = True
    """Whether anything of the host was seen: its front page, the page where it was found, another picture."""
    asks_to_sign_in: bool = False
    """Whether what came asks to sign in, more than any page of the host does that can be seen."""
    may_ask: bool = False
    """Whether it is in words that no rule knows, on a host where one can sign in."""
    unread: bool = False
    """Whether what came speaks a language that no rule has words of: it may say "not in your country"."""

    @property
    def of_pages(self) -> Judgement:
        """What the pages say, as it is kept."""
        outcome = CheckOutcome.PRESENT if self.page in _SHOWING else CheckOutcome.UNCLEAR
        return Judgement(outcome, self.page_distance, _OF_PAGES[self.page])


def conclude(facts: Facts, elsewhere: Judgement | None = None) -> Judgement:
    """What a check says. ``elsewhere`` is what a second vantage point sees, where there is one."""
    here = _weigh(facts, facts.visitor)
    if facts.opened is not None:
        here = combine(here, _weigh(facts, facts.opened))
    if elsewhere is not None:
        return _untold_by_one(here, elsewhere) or combine(here, _weigh(_for_elsewhere(facts), elsewhere))
    if here.outcome in OFFLINE and not facts.host_shows:
        evidence = "the host says so of everything, its front page too, and we have only one network"
        return Judgement(CheckOutcome.UNCLEAR, here.distance, "wall", evidence)
    if here.outcome in OFFLINE and (facts.by_country or facts.page_by_country):
        return Judgement(
            CheckOutcome.UNCLEAR, here.distance, "by_country", "the host answers by country; we have only one"
        )
    if here.outcome in OFFLINE and facts.unread:
        evidence = "in a language that no rule has words of, and we have only one network"
        return Judgement(CheckOutcome.UNCLEAR, here.distance, OWN_WORDS, evidence)
    return here


def _for_elsewhere(facts: Facts) -> Facts:
    """What holds beside the view of a second network. That pages are gone is seen from ours: where the host shows us
    nothing, or its page depends on the country, that says nothing of what stands there in the picture's place."""
    if facts.page not in _TELL_OF_ENDED or (facts.host_shows and not facts.page_by_country):
        return facts
    return replace(facts, page=PageSays.UNSEEN)


def _untold_by_one(here: Judgement, elsewhere: Judgement) -> Judgement | None:
    """Gone from one of two networks, while the other tells nothing; None where it is otherwise.

    The host answers somebody, so that this is not its silence: a person has to look, or to see to the second network.
    """
    outcomes = {here.outcome, elsewhere.outcome}
    if CheckOutcome.UNREACHABLE not in outcomes or not outcomes & OFFLINE:
        return None
    if elsewhere.reason == PROXY_AWAY:
        evidence = "gone for us, and our second network could not be asked"
        return Judgement(CheckOutcome.UNCLEAR, here.distance, SECOND_NETWORK, evidence)
    return Judgement(CheckOutcome.UNCLEAR, here.distance, ONE_NETWORK, "gone from one network; the other got no answer")


def looks_gone(facts: Facts) -> bool:
    """Whether all that is known so far says that it is gone, if the address itself says so too when it is opened."""
    return _weigh(facts, facts.visitor).outcome in OFFLINE


def may_show_when_opened(facts: Facts) -> bool:
    """Whether whoever opens the address itself may see it all the same: its page is one that nobody has read."""
    weighed = _weigh(facts, facts.visitor)
    return weighed.outcome in OFFLINE or weighed.reason == OWN_WORDS


def hidden_from_us(ours: Judgement, together: Judgement) -> Judgement:
    """What is there, though not for us by our own name, says so."""
    if together.outcome not in THERE or ours.outcome in THERE or together.reason in ("new_link", MOVED_ON_PAGE):
        return together
    return Judgement(together.outcome, together.distance, "hidden_from_us", "seen as a visitor or from elsewhere")


def _weigh(facts: Facts, view: Judgement) -> Judgement:
    """One vantage point's view beside what the pages say."""
    return view if view.outcome in THERE else _weigh_pages(facts) or _weigh_unseen(facts, view)


def _weigh_pages(facts: Facts) -> Judgement | None:
    """What the pages say where they show the medium; None where they do not."""
    if facts.page is PageSays.SHOWS:
        return Judgement(CheckOutcome.PRESENT, facts.page_distance, "new_link", "a page shows it under another address")
    if facts.page is PageSays.SHOWS_ELSEWHERE:
        evidence = "its page shows it at another address, of another name"
        return Judgement(CheckOutcome.PRESENT, facts.page_distance, MOVED_ON_PAGE, evidence)
    return None


def _weigh_unseen(facts: Facts, view: Judgement) -> Judgement:
    """What is seen neither at its address nor on its pages."""
    if facts.page is PageSays.LINKS_UNTOLD:
        return Judgement(
            CheckOutcome.UNCLEAR, view.distance, "page_links_it", "its page leads to it under a new signature"
        )
    if facts.asks_to_sign_in and view.outcome in OFFLINE:
        evidence = "it asks to sign in, as no other page of the host does"
        return Judgement(CheckOutcome.BLOCKED, view.distance, Means.LOGIN.value, evidence)
    if facts.may_ask and view.outcome in OFFLINE:
        evidence = "in words that no rule knows, on a host where one can sign in"
        return Judgement(CheckOutcome.UNCLEAR, view.distance, OWN_WORDS, evidence)
    if view.by_likeness and not facts.control:
        evidence = "the same as for paths that cannot exist, and no other picture of the host could be seen"
        return Judgement(CheckOutcome.UNCLEAR, view.distance, "wall", evidence)
    if view.reason in STANDS_INSTEAD:
        return _weigh_instead(facts, view)
    return _weigh_signed(facts, view) if facts.signed or view.reason == ENDED else view


def _weigh_instead(facts: Facts, view: Judgement) -> Judgement:
    """Something else, or nothing, stands in the place: gone once the pages that led there are."""
    if facts.page is not PageSays.GONE:
        return view
    return Judgement(CheckOutcome.CHANGED, view.distance, view.reason, "and every page where it was found is gone")


def _weigh_signed(facts: Facts, view: Judgement) -> Judgement:
    """A signed address that has ended says nothing by that: its pages have to say what became of the medium.

    That a page goes on leading to the dead address says nothing either: pages keep copied links.
    """
    is_told = facts.page in _TELL_OF_ENDED
    if view.outcome in OFFLINE:
        if is_told or facts.in_time:
            return view
        return Judgement(CheckOutcome.UNCLEAR, view.distance, ENDED, "a signed address that has ended")
    refused = view.outcome is CheckOutcome.BLOCKED and not view.reason
    if is_told and (view.reason == ENDED or (refused and facts.expired)):
        return Judgement(
            CheckOutcome.GONE, reason="expired", evidence="it has expired, and its pages say that it is gone"
        )
    return view
