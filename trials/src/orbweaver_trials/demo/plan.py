"""What the demo's world holds and what must become of it: hosts, pictures, which of them stand for known material.

Every picture is a harmless drawing (``pictures.py``). A *subject* is a picture that stands for something on a list or
in a report; an *exhibit* is a file of it, edited or not, at an address. What the two demo analysts will answer about a
subject is fixed here, and so is what each host does when it is told: from both follows what a run must show.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from orbweaver.assess.criteria import Answers, Category
from orbweaver_trials.demo.films import CLIP, extension_of
from orbweaver_trials.demo.pictures import SAMPLE


class Conduct(StrEnum):
    """What a provider does when a notice comes."""

    AT_ONCE = "removes at once"
    LATE = "removes late"
    DISPUTES = "disputes"
    IGNORES = "ignores"


@dataclass(frozen=True)
class Host:
    """One site on one loopback address, run by one provider."""

    name: str
    provider: str
    address: str
    conduct: Conduct
    country: str
    albums: tuple[str, ...]

    @property
    def domain(self) -> str:
        """The domain of its mailbox; nothing of it is looked up."""
        return f"{self.name}.example"

    @property
    def mailbox(self) -> str:
        """Where it takes notices."""
        return f"abuse@{self.domain}"


@dataclass(frozen=True)
class Subject:
    """A picture that stands for something. ``listed`` names the kinds of hash with which it is on the list."""

    seed: int
    answers: Answers
    listed: tuple[str, ...] = ()
    classification: str = "csam"
    identified: bool = False
    baseline: bool = False
    series: str = ""

    @property
    def removed(self) -> bool:
        """Whether the analysts' answers lead to removal."""
        return self.answers.is_child and self.answers.is_harmed


@dataclass(frozen=True)
class Exhibit:
    """A file of a subject at an address. ``kept`` marks one that a disputing provider never takes down.

    ``place`` tells apart the addresses at which one host has the very same bytes.
    """

    host: Host
    album: int
    seed: int
    edit: str = "copy"
    kept: bool = False
    place: int = 0

    @property
    def path(self) -> str:
        """Where it lies on its host."""
        return picture_path(self.seed, self.edit, self.place)

    @property
    def label(self) -> str:
        """What its page writes beside it; empty where the page says nothing."""
        talkative = self.host.conduct in (Conduct.DISPUTES, Conduct.IGNORES) or self.album >= HIDDEN_ALBUM
        return SAMPLE_LABEL.format(self.seed) if talkative else ""

    @property
    def goes(self) -> bool:
        """Whether its provider takes it down in the end."""
        return self.host.conduct is not Conduct.IGNORES and not self.kept


def picture_path(seed: int, edit: str = "copy", place: int = 0) -> str:
    """The path of a file; it says nothing of what the picture stands for."""
    number = (seed * 7919 + len(edit) * 104_729 + place * 500_009) % 999_983
    return f"/pictures/{number:06d}.{extension_of(edit)}"


BOARD = Host("lantern", "Lantern Board", "127.0.10.5", Conduct.AT_ONCE, "CA", ("Harbour walks", "Night sky"))
QUICK = Host("quickstep", "Quickstep Images", "127.0.10.1", Conduct.AT_ONCE, "NL", ("Coast", "Hills", "Rivers"))
LATE = Host("leisure", "Leisure Photos", "127.0.10.2", Conduct.LATE, "US", ("Meadows", "Clouds", "Stones"))
DISPUTING = Host("quarrel", "Quarrel Hosting", "127.0.10.3", Conduct.DISPUTES, "DE", ("Boats", "Towers", "Fields"))
IGNORING = Host("stonewall", "Stonewall Servers", "127.0.10.4", Conduct.IGNORES, "RU", ("Dunes", "Lakes", "Snow"))
HOSTS = (BOARD, QUICK, LATE, DISPUTING, IGNORING)
BUSY = IGNORING
"""The provider whose mail server asks once to come again."""

LATE_HOURS = 18.0
"""Domain hours after which the late provider acts."""
DISPUTE_HOURS = 30.0
"""Domain hours after which the disputing provider takes down what it does not keep."""

FILLERS_PER_ALBUM = 4
SAMPLE_LABEL = "IMG_{}"
"""The name of a file that some sites write beside an exhibit: whoever saw it before knows it by that, as people do."""
HIDDEN_ALBUM = 90
"""Pages that no other page links to: found by a report or by a lead alone."""
LATER_ALBUM = 91


def _child(category: Category, ages: tuple[int, int], **more: Any) -> Answers:
    return Answers(is_child=True, is_harmed=True, category=category, age_min=ages[0], age_max=ages[1], **more)


REPORTED_SEED = 9
FILMED = 12
"""What one scene of a film shows; the rest of the film shows nothing."""
SUBJECTS = (
    Subject(1, _child(Category.CSAM, (5, 7)), ("sha256", "pdq"), identified=True, series="Demo series A"),
    Subject(2, _child(Category.CSAM, (9, 11)), ("pdq",)),
    Subject(SAMPLE, _child(Category.CSAM, (6, 8)), ("md5", "pdq"), baseline=True),
    Subject(4, _child(Category.CSAM_RELATED, (9, 12)), ("pdq",), "csam_related"),
    Subject(5, _child(Category.OTHER_HARMFUL, (7, 8), physical_abuse=True), ("sha1",), "other_harmful"),
    Subject(
        6,
        _child(Category.OTHER_HARMFUL, (10, 12), nude=True, sexualised_context=True),
        ("pdq",),
        "other_harmful",
    ),
    Subject(7, _child(Category.CSAM, (14, 16)), ("sha256", "pdq"), identified=True, series="Demo series B"),
    Subject(8, Answers(is_child=False, is_harmed=False), ("sha256",)),
    Subject(REPORTED_SEED, _child(Category.CSAM, (9, 10))),
    Subject(10, _child(Category.CSAM, (3, 4)), ("pdq",)),
    Subject(11, _child(Category.CSAM, (11, 12)), ("sha1", "pdq")),
    Subject(FILMED, _child(Category.CSAM, (8, 9)), ("pdq",)),
)
"""Eleven are on the imported list, one of them by a mistake that review must catch, one as a scene of a film alone; one
more is only reported."""

CLUSTERED = (1, 2, SAMPLE, 4, 7, 10, 11)
"""Subjects of which five files go round: the same picture saved again, which people decide with one look."""
VARIANTS = ("copy", "reencoded", "mirrored", "png", "webp")


def _spread(host_by_variant: tuple[Host, ...]) -> tuple[Exhibit, ...]:
    """The five files of each clustered subject, one on each of these hosts, in turn through their albums."""
    return tuple(
        Exhibit(host, number % len(host.albums), seed, edit)
        for number, seed in enumerate(CLUSTERED)
        for host, edit in zip(host_by_variant, VARIANTS, strict=True)
    )


FIRST_EXHIBITS = (
    *_spread((QUICK, LATE, DISPUTING, IGNORING, QUICK)),
    # The very same bytes at other addresses, found together with the first: one look serves for all of them.
    *(Exhibit(LATE, number % 3, seed) for number, seed in enumerate((1, 2, 7, 10))),
    *(Exhibit(BOARD, number % 2, seed) for number, seed in enumerate((1, SAMPLE, 4, 11))),
    *(Exhibit(IGNORING, number % 3, seed) for number, seed in enumerate((2, 7))),
    Exhibit(QUICK, 2, 8),
    Exhibit(LATE, 1, 5),
    Exhibit(IGNORING, 0, 5),
    Exhibit(DISPUTING, 1, 6, "reencoded", kept=True),
    Exhibit(LATE, 2, FILMED, CLIP),
)
"""What the crawler finds from the first lead on."""

LATER_EXHIBITS = (
    Exhibit(QUICK, LATER_ALBUM, REPORTED_SEED, "reencoded"),
    *(Exhibit(QUICK, LATER_ALBUM, seed, place=1) for seed in (1, 2, SAMPLE, 7, 10, 11)),
)
"""On a page that is found later: a copy of what was only reported, which the own list knows by then, and the very bytes
of what three analysts have verified, which need no look (R12)."""

POSTED_AGAIN = Exhibit(BOARD, 0, 1, place=1)
"""What a user of the board posts once all is over, if the demo stays: bytes that its provider took down, at another
address of the same page. Nobody reports it."""

LEFT_TO_DO = tuple((host, album) for host in (LATE, DISPUTING, IGNORING) for album in (0, 1))
"""Albums of which a picture that stands for nothing is reported if the demo stays, so that a queue waits for people."""

LEFT_FILM = Exhibit(LATE, HIDDEN_ALBUM, 890, CLIP)
"""A film that stands for nothing, on no page; it is reported as well, at the end: its other scenes are known ones."""

EXHIBITS = (*FIRST_EXHIBITS, Exhibit(BOARD, HIDDEN_ALBUM, REPORTED_SEED), *LATER_EXHIBITS)

LOOKS_PER_ADDRESS = 0.3
"""Looks for each address notified, at most: near-duplicates and copies are decided with one look or with none."""


def first_items() -> int:
    """The items that people must decide before the later lead: one for each distinct file, and the reported one."""
    return len({(exhibit.seed, exhibit.edit) for exhibit in FIRST_EXHIBITS}) + 1


def all_items() -> int:
    """The items at the end: each later address of verified bytes is one of its own, decided without a person."""
    return first_items() + len(LATER_EXHIBITS)


def subject_of(seed: int) -> Subject | None:
    """What this picture stands for; None for the many that stand for nothing."""
    return next((subject for subject in SUBJECTS if subject.seed == seed), None)


def expected_notices() -> list[Exhibit]:
    """The exhibits whose addresses must be notified."""
    return [exhibit for exhibit in EXHIBITS if (subject := subject_of(exhibit.seed)) and subject.removed]


def fillers(host: Host, album: int) -> list[int]:
    """The seeds of the pictures in an album that stand for nothing; none in the pages that nobody links to."""
    if album >= len(host.albums):
        return []
    start = 100 + HOSTS.index(host) * 50 + album * 10
    return list(range(start, start + FILLERS_PER_ALBUM))


def pictures_of(host: Host) -> dict[str, tuple[int, str]]:
    """Path → seed and edit of every picture on a host."""
    held = {exhibit.path: (exhibit.seed, exhibit.edit) for exhibit in EXHIBITS if exhibit.host == host}
    for album in range(len(host.albums)):
        held |= {picture_path(seed): (seed, "copy") for seed in fillers(host, album)}
    return held
