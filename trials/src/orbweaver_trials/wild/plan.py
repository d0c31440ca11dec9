"""What a world consists of, and the truth about each address: its fate, who is responsible, what people see in it.

Nothing here knows how the program decides anything. What a person in a browser at home would see follows from the
*fate* of an address alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What becomes of an address once its host knows of it."""

    STAYS = "stays"
    NOT_FOUND = "404 for everybody"
    GONE = "410 for everybody"
    SAID_SO = "a page of status 200 that says so"
    PLACEHOLDER = "replaced in place by a placeholder"
    HOME = "led to the front page"
    HOST_GONE = "the host never answers again"
    NAME_GONE = "the name is gone"
    SIGNED_GONE = "removed behind a signed address, its page with it"
    CLOAKED = "404 for crawlers' names alone"
    CLOAKED_TWICE = "404 for crawlers' names and for visitors from nowhere"
    HOTLINK = "another picture for visitors from nowhere"
    MEMBERS = "a picture that asks to sign in"
    EMPTY = "an empty 200 for our network"
    SIGN_IN = "a page to sign in"
    GEO_451 = "451 for our network"
    GEO_403 = "403 for our network"
    GEO_404 = "404 for our network"
    SIGNED_RENEWED = "signed anew on its page"
    BODY_404 = "status 404 with the picture"
    PAGE_ALONE = "its page is gone, the picture stays"
    MOVED = "moved to another address of the host"
    AWAY = "the host does not answer for days and returns"
    CHALLENGE = "a test of being human for our network"
    REPOSTED = "404, then posted anew on the same page"


class End(StrEnum):
    """What is true of an address in the end."""

    THERE = "there"
    GONE = "gone"
    OFFLINE = "host gone"


TRULY_GONE = frozenset(
    {
        Fate.NOT_FOUND,
        Fate.GONE,
        Fate.SAID_SO,
        Fate.PLACEHOLDER,
        Fate.HOME,
        Fate.SIGNED_GONE,
        Fate.REPOSTED,
    }
)
HOSTS_GONE = frozenset({Fate.HOST_GONE, Fate.NAME_GONE})


def end_of(fate: Fate) -> End:
    """What is true in the end of an address of this fate, once it was struck."""
    if fate in TRULY_GONE:
        return End.GONE
    return End.OFFLINE if fate in HOSTS_GONE else End.THERE


class Finding(StrEnum):
    """What analysts see in a picture at a place."""

    CSAM = "csam"
    RELATED = "csam_related"
    SUB_B = "other_harmful, at this place"
    HARMLESS = "harmless here"
    DISPUTED_YES = "they disagree; the senior analyst says csam"
    DISPUTED_NO = "they disagree; the senior analyst says no child"

    @property
    def removed(self) -> bool:
        """Whether it must be removed."""
        return self not in {Finding.HARMLESS, Finding.DISPUTED_NO}


class Way(StrEnum):
    """How an address has to be found."""

    CRAWL = "the crawl"
    LATER_LIST = "a list that came after the crawl"
    NEIGHBOUR = "an analyst, who puts a neighbour into the series"
    REPOST = "another visit to a known bad page"


@dataclass(frozen=True)
class Place:
    """A file at an address. ``scenes`` are the seeds that a moving picture shows, one after the other."""

    host: str
    path: str
    seed: int
    fate: Fate = Fate.STAYS
    make: str = "jpg"
    page: str = "/"
    words: str = ""
    finding: Finding = Finding.CSAM
    way: Way = Way.CRAWL
    listed: bool = True
    series: str = ""
    scenes: tuple[int, ...] = ()
    may_hide: bool = False
    """Nothing is lost where it is not found: it is known to nobody."""

    @property
    def key(self) -> tuple[str, str]:
        """Host and path."""
        return self.host, self.path


class Answer(StrEnum):
    """How a party answers a notice."""

    NEVER = "never"
    LINK_DONE = "by the link: removed"
    LINK_NO = "by the link: wants proof of age"
    TOP = "mail, quoted below"
    BOTTOM = "mail, quoted above"
    HTML = "mail in HTML alone"
    ELSEWHERE = "mail from another address, thread lost"
    TICKET = "ticket system, new subject, number of its own"
    BARE = "mail without a quotation"
    OUTLOOK = "mail with the original below a line"
    AUTO = "an automatic reply, and nothing else"

    @property
    def by_mail(self) -> bool:
        """Whether a person's mail comes back."""
        return self not in {Answer.NEVER, Answer.LINK_DONE, Answer.LINK_NO, Answer.AUTO}


class Letterbox(StrEnum):
    """What becomes of mail to a party's first contact."""

    TAKES = "takes mail"
    UNKNOWN = "550 5.1.1 at RCPT"
    DSN = "bounce as RFC 3464"
    QMAIL = "bounce as qmail writes it"
    EXCHANGE = "bounce as Exchange writes it"
    POSTFIX_DE = "bounce of a German server, as text"
    DSN_TEXT = "bounce as text alone"
    FULL = "full for two days (5.2.2)"
    FILTER = "a filter refuses it twice (5.7.1)"
    NO_MAIL = "a form on the web alone"

    @property
    def lost(self) -> bool:
        """Whether the first contact never reads a mail."""
        return self in {
            Letterbox.UNKNOWN,
            Letterbox.DSN,
            Letterbox.QMAIL,
            Letterbox.EXCHANGE,
            Letterbox.POSTFIX_DE,
            Letterbox.DSN_TEXT,
        }


@dataclass(frozen=True)
class Party:
    """Who can be told: a provider, a CDN, a network. ``second`` is its second contact."""

    key: str
    kind: str = "host"
    domains: tuple[str, ...] = ()
    network: str = ""
    answer: Answer = Answer.NEVER
    tongue: str = "en"
    box: Letterbox = Letterbox.TAKES
    second: bool = False
    upstream: str = ""

    @property
    def name(self) -> str:
        """As the registry has it."""
        return f"{self.key.capitalize()} Provider"

    @property
    def mailboxes(self) -> tuple[str, ...]:
        """Its contacts, in their order."""
        if self.box is Letterbox.NO_MAIL:
            return ()
        return (f"abuse@{self.key}-party.example", *([f"noc@{self.key}-party.example"] if self.second else []))


@dataclass(frozen=True)
class Host:
    """A name that is served. ``front`` names the CDN that stands before it."""

    name: str
    address: str
    party: str
    tongue: str = "en"
    front: str = ""
    round: int = 0


@dataclass(frozen=True)
class Plan:
    """All of it."""

    hosts: tuple[Host, ...]
    parties: tuple[Party, ...]
    places: tuple[Place, ...]
    rounds: int = 1

    @property
    def series(self) -> list[str]:
        """The series that lists name, one a round: police identify the child of each."""
        return sorted({place.series for place in self.places if place.series})

    def host(self, name: str) -> Host:
        """The host of this name."""
        return next(each for each in self.hosts if each.name == name)

    def party(self, key: str) -> Party:
        """The party of this key."""
        return next(each for each in self.parties if each.key == key)

    def place(self, host: str, path: str) -> Place | None:
        """The place of this address; its query does not matter."""
        return next((each for each in self.places if each.key == (host, path.partition("?")[0])), None)

    def of_mailbox(self, mailbox: str) -> Party | None:
        """Whose mailbox it is."""
        return next((each for each in self.parties if mailbox in each.mailboxes), None)

    def at(self, host: str) -> list[Place]:
        """All places of a host."""
        return [each for each in self.places if each.host == host]
