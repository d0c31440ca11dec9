"""What is in the world, and the truth about each address: its fate, who is responsible, what people see in it.

Nothing here knows how the program decides anything. What a person in a browser at home would see follows from the
*fate* of an address alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
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


REMOVED_IN = ("ja", "ar", "de", "fr", "es", "ru", "zh", "ko", "pt", "tr", "hi", "pl")
"""Languages in which pages say that something is gone."""

ANSWERS = {
    "ja": Answer.TOP,
    "ar": Answer.HTML,
    "de": Answer.TICKET,
    "fr": Answer.BOTTOM,
    "es": Answer.HTML,
    "ru": Answer.TOP,
    "ko": Answer.ELSEWHERE,
    "pt": Answer.OUTLOOK,
    "hi": Answer.LINK_DONE,
}
HIDERS = (
    ("cloak", Fate.CLOAKED, "de"),
    ("cloaktwo", Fate.CLOAKED_TWICE, "fr"),
    ("hotlink", Fate.HOTLINK, "es"),
    ("members", Fate.MEMBERS, "ja"),
    ("empty", Fate.EMPTY, "ru"),
    ("signin", Fate.SIGN_IN, "zh"),
    ("geoa", Fate.GEO_451, "pt"),
    ("geob", Fate.GEO_403, "tr"),
    ("geoc", Fate.GEO_404, "ko"),
    ("renewed", Fate.SIGNED_RENEWED, "ar"),
    ("odd", Fate.BODY_404, "hi"),
    ("thread", Fate.PAGE_ALONE, "pl"),
    ("mover", Fate.MOVED, "en"),
    ("away", Fate.AWAY, "en"),
)
"""Hosts that only seem to remove; each of their parties sends an automatic reply of its language and nothing else."""

MAKES = ("reencoded", "webp", "png", "mirrored", "crop", "collage", "heic", "tiff", "avif", "svg", "gif", "webp_moving")
"""Kinds of file in which one picture goes round."""


@dataclass
class _Draft:
    round: int
    hosts: list[Host] = field(default_factory=list)
    parties: list[Party] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    seeds: Iterator[int] = field(default_factory=lambda: iter(range(0)))

    def name(self, key: str) -> str:
        suffix = f"-{self.round}" if self.round else ""
        return f"{key}{suffix}"

    def host(self, key: str, party: Party | None = None, *, front: str = "", tongue: str = "en") -> str:
        """A host with a party of its own, unless one is given; returns its name."""
        label = self.name(key)
        name = f"{label}.example"
        number = len(self.hosts) + 1
        base = {"": 20 + self.round, "cdn": 120, "edge": 121}[front]
        address = f"127.0.{base}.{number + (60 * self.round if front else 0)}"
        own = replace(party or Party(key, tongue=tongue), key=label, domains=(name,))
        if own.upstream:
            own = replace(own, upstream=self.name(own.upstream))
        self.parties.append(own)
        self.hosts.append(Host(name, address, label, tongue, front, self.round))
        return name

    def show(self, host: str, fate: Fate = Fate.STAYS, **more: object) -> Place:
        """One more place at a host."""
        seed = next(self.seeds)
        number = len([each for each in self.places if each.host == host])
        make = str(more.get("make", "jpg"))
        path = f"/p/{(seed * 7919 + number * 31) % 99_991:05d}.{SUFFIX.get(make, 'jpg')}"
        place = replace(Place(host, path, seed, fate), **more)  # type: ignore[arg-type]
        self.places.append(place)
        return place


SUFFIX = {
    "webp": "webp",
    "png": "png",
    "heic": "heic",
    "tiff": "tiff",
    "avif": "avif",
    "svg": "svg",
    "gif": "gif",
    "webp_moving": "webp",
    "film": "mp4",
}
"""Kind of file → suffix, where it is not jpg."""


def plan(rounds: int = 1) -> Plan:
    """The world; in a year everything comes again, round after round, with hosts and pictures of its own."""
    drafts = [_draft(number) for number in range(rounds)]
    cdns = (
        Party("fastedge", "cdn", network="127.0.120.0/24"),
        Party("cloudflare", "cdn"),
    )
    return Plan(
        tuple(host for draft in drafts for host in draft.hosts),
        (*(party for draft in drafts for party in draft.parties), *cdns),
        tuple(place for draft in drafts for place in draft.places),
        rounds,
    )


def _draft(number: int) -> _Draft:
    draft = _Draft(number, seeds=iter(range(2_000 + 500 * number, 2_500 + 500 * number)))
    for part in (_removals, _letterboxes, _hiders, _answers, _names, _material, _people):
        part(draft)
    return draft


def _removals(draft: _Draft) -> None:
    draft.show(draft.host("plain", Party("", answer=Answer.LINK_DONE)), Fate.REPOSTED)
    draft.show(draft.host("over", Party("", answer=Answer.TOP, tongue="de")), Fate.GONE)
    for code in REMOVED_IN:
        party = Party("", answer=ANSWERS.get(code, Answer.NEVER), tongue=code)
        draft.show(draft.host(f"pics-{code}", party, tongue=code), Fate.SAID_SO)
    draft.show(draft.host("dead"), Fate.HOST_GONE)
    draft.show(draft.host("noname"), Fate.NAME_GONE)
    draft.show(draft.host("store"), Fate.SIGNED_GONE, page="/post/")
    draft.show(draft.host("homeward", Party("", answer=Answer.BARE)), Fate.HOME)


def _letterboxes(draft: _Draft) -> None:
    """Mail that comes back from the first contact: the second one acts."""
    lost = (
        ("blank", Letterbox.UNKNOWN, Fate.PLACEHOLDER),
        ("blanktwo", Letterbox.DSN, Fate.PLACEHOLDER),
        ("blankthree", Letterbox.QMAIL, Fate.PLACEHOLDER),
        ("bucket", Letterbox.POSTFIX_DE, Fate.SIGNED_GONE),
        ("exchange", Letterbox.EXCHANGE, Fate.NOT_FOUND),
        ("textual", Letterbox.DSN_TEXT, Fate.NOT_FOUND),
    )
    for key, box, fate in lost:
        host = draft.host(key, Party("", box=box, second=True))
        for _ in range(2 if fate is Fate.PLACEHOLDER else 1):
            draft.show(host, fate, page="/post/" if fate is Fate.SIGNED_GONE else "/")
    draft.show(draft.host("fronted", Party("", box=Letterbox.FULL), front="cdn"), Fate.NOT_FOUND)
    draft.show(draft.host("edged", Party("", box=Letterbox.FILTER), front="edge"), Fate.GONE)
    alone = draft.host("unreachable", Party("", box=Letterbox.UNKNOWN))
    draft.show(alone)
    draft.parties.append(Party(draft.name("carrier"), "network", network=f"{draft.hosts[-1].address}/32"))
    draft.show(draft.host("formonly", Party("", box=Letterbox.NO_MAIL)))


def _hiders(draft: _Draft) -> None:
    for key, fate, tongue in HIDERS:
        draft.show(draft.host(key, Party("", answer=Answer.AUTO, tongue=tongue)), fate)
    draft.show(draft.host("challenge", front="edge"), Fate.CHALLENGE)


def _answers(draft: _Draft) -> None:
    """Two that keep everything: for one nobody ever speaks, the other objects by mail."""
    draft.show(draft.host("mute", Party("", answer=Answer.AUTO, upstream="muteline")))
    draft.show(draft.host("objects", Party("", answer=Answer.TOP, tongue="pl", upstream="objectline")))
    for key in ("muteline", "objectline"):
        draft.parties.append(Party(draft.name(key), "network"))


def _names(draft: _Draft) -> None:
    """faß.example is not fass.example."""
    if draft.round:
        return
    for key, name in (("fass", "fass.example"), ("sharp-s", "xn--fa-hia.example")):
        draft.host(key)
        draft.hosts[-1] = replace(draft.hosts[-1], name=name)
        draft.parties[-1] = replace(draft.parties[-1], domains=(name,))
        draft.show(name)


def _material(draft: _Draft) -> None:
    forms = draft.host("forms")
    for make in MAKES:
        scenes = tuple(next(draft.seeds) for _ in range(2)) if make in {"gif", "webp_moving"} else ()
        place = draft.show(forms, make=make, page=f"/{make}/")
        if scenes:
            draft.places[-1] = replace(place, scenes=(scenes[0], place.seed, scenes[1]))
    films = draft.host("films")
    opening, others = next(draft.seeds), [next(draft.seeds) for _ in range(6)]
    film = draft.show(films, make="film", page="/watch/1/")
    draft.places[-1] = replace(film, scenes=(opening, *others[:2], film.seed, others[2]))
    innocent = draft.show(films, make="film", page="/watch/2/", finding=Finding.HARMLESS, listed=False, may_hide=True)
    draft.places[-1] = replace(innocent, scenes=(opening, *others[3:]))
    forum, album = draft.host("forum"), draft.host("family")
    bad = draft.show(forum, words="Hot holiday pics, more in private, trade here", finding=Finding.SUB_B)
    words = "Our summer at the lake, for grandma"
    draft.show(album, seed=bad.seed, words=words, finding=Finding.HARMLESS, page="/summer/")
    draft.show(forum, seed=bad.seed, words=words, finding=Finding.HARMLESS, page="/albums/miller/")
    draft.show(draft.host("early"), way=Way.LATER_LIST)


def _people(draft: _Draft) -> None:
    series = f"Wild series {draft.round + 1}"
    refuses = draft.host("refuses", Party("", answer=Answer.LINK_NO))
    draft.show(refuses, series=series, page="/set/")
    draft.show(
        refuses,
        page="/set/",
        words="before, in the blue jacket",
        listed=False,
        finding=Finding.RELATED,
        way=Way.NEIGHBOUR,
        may_hide=True,
    )
    draft.show(draft.host("quiet"), series=series)
    argued = draft.host("argued")
    draft.show(argued, finding=Finding.DISPUTED_YES)
    draft.show(argued, finding=Finding.DISPUTED_NO, page="/two/")
