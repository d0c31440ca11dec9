"""The world itself: which hosts there are, who answers for each, and what becomes of each address.

``plan()`` draws it up from the kinds of things that :mod:`orbweaver_trials.wild.plan` knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from orbweaver_trials.wild.plan import Answer, Fate, Finding, Host, Letterbox, Party, Place, Plan, Way

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
