"""How well suggestions for series find the series of a generated world: precision and recall by strength.

Usage: ``python benchmarks/series_suggestions.py``; makes a database of its own and drops it, writes the tables of
docs/developers/series-suggestions.md between their marks and the plot beside it, and prints the tables.

The world: 160 series of 4 to 24 media (some 2,200 in all) and as many singles that belong to none, seen on 40 hosts. A
series has a habit: posted as an album on one page, over the pages of one thread, as numbered files on one host or
several, or as single pictures under one title by one uploader. Near-duplicates (PDQ within 31 bits) of a sixth of the
media turn up elsewhere. The noise: every host keeps its files in one shared folder; a third of all media are in mixed
galleries, too, side by side with media of other series; popular names (IMG_0001, DSC_0002, photo1) are given to a third
of the files; titles like "New pictures" are everywhere; an uploader posts three series.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import random
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from share_plot import share_plot

SERIES, SINGLES, HOSTS = 160, 2_000, 40
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SYLLABLES = ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va")
POPULAR = ("IMG_{:04}", "DSC_{:04}", "photo{}", "{}", "image-{}")
TITLES = ("New pictures", "Album of the day", "Best of the week", "Untitled album", "My favourites here")
DOC = Path(__file__).parents[1] / "docs" / "developers"
MARKS = ("<!-- figures by benchmarks/series_suggestions.py -->", "<!-- end of figures -->")
"""What stands between them in the page is written here."""


@dataclass
class Seen:
    """One sighting: which medium, where, on which page at which place, under which title, with which text."""

    media: int
    url: str
    page: str
    position: int
    title: str
    after: str


@dataclass
class World:
    """Media by number with their series (0: none) and hashes, and sightings in the order they come."""

    series: list[int] = field(default_factory=list)
    pdq: list[bytes] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)


def word(chance: random.Random, syllables: int = 3) -> str:
    return "".join(chance.choice(SYLLABLES) for _ in range(syllables))


def make_world(chance: random.Random, series: int = SERIES, singles: int = SINGLES) -> World:
    world = World()
    uploaders = [word(chance) for _ in range(series // 3)]
    for number in range(1, series + 1):
        media = [_medium(world, chance, number) for _ in range(chance.randint(4, 24))]
        habit = chance.choice((_album, _thread, _sequence, _spread))
        world.seen += habit(chance, media, chance.choice(uploaders))
        copies = chance.sample(media, max(1, len(media) // 6))
        for original in copies:
            copy = _medium(world, chance, number, of=world.pdq[original])
            world.seen.append(_alone(chance, copy))
    everybody = list(range(len(world.series)))
    for _ in range(singles):
        everybody.append(_medium(world, chance, 0))
        world.seen.append(_alone(chance, everybody[-1]))
    chance.shuffle(everybody)
    for start in range(0, len(everybody) // 3, 12):
        world.seen += _gallery(chance, everybody[start : start + 12])
    chance.shuffle(world.seen)
    return world


def _medium(world: World, chance: random.Random, series: int, of: bytes | None = None) -> int:
    pdq = chance.randbytes(32) if of is None else _near(chance, of)
    world.series.append(series)
    world.pdq.append(pdq)
    return len(world.series) - 1


def _near(chance: random.Random, pdq: bytes) -> bytes:
    value = int.from_bytes(pdq, "big")
    for bit in chance.sample(range(256), chance.randint(0, 31)):
        value ^= 1 << bit
    return value.to_bytes(32, "big")


def _host(chance: random.Random) -> str:
    return f"host{chance.randrange(HOSTS)}.example"


def _popular(chance: random.Random) -> str:
    return chance.choice(POPULAR).format(chance.randint(1, 300)) + ".jpg"


def _file(chance: random.Random, host: str) -> str:
    """A file in the folder that all of a host share: a popular name, or a random one."""
    name = _popular(chance) if chance.random() < 0.35 else f"{word(chance, 5)}.jpg"
    return f"https://{host}/uploads/{name}?{chance.randrange(10**9)}"


def _album(chance: random.Random, media: list[int], uploader: str) -> Iterator[Seen]:
    """All on one page, in order, with random or popular names."""
    host, page = _host(chance), f"https://forum{chance.randrange(9)}.example/album/{chance.randrange(10**6)}"
    title = chance.choice(TITLES) if chance.random() < 0.5 else f"{word(chance)} {word(chance)}"
    for place, each in enumerate(media):
        yield Seen(each, _file(chance, host), page, place, title, f"posted by {uploader}")


def _thread(chance: random.Random, media: list[int], uploader: str) -> Iterator[Seen]:
    """A few on each page of one thread, other pictures between them."""
    host, thread = _host(chance), f"https://forum{chance.randrange(9)}.example/thread/{chance.randrange(10**6)}"
    for place, each in enumerate(media):
        page = f"{thread}?page={place // 5 + 1}"
        yield Seen(each, _file(chance, host), page, place % 5 * chance.randint(1, 3), chance.choice(TITLES), "")


def _sequence(chance: random.Random, media: list[int], uploader: str) -> Iterator[Seen]:
    """Numbered files of one name, on one host or on several, each on a page of its own."""
    stem, spread = f"{word(chance, 2)}-{word(chance, 2)}_", chance.random() < 0.5
    host, start = _host(chance), chance.randint(1, 60)
    for place, each in enumerate(media):
        where = _host(chance) if spread else host
        url = f"https://{where}/uploads/{stem}{start + place:03}.jpg"
        yield Seen(each, url, f"https://{where}/view/{chance.randrange(10**9)}", 0, chance.choice(TITLES), "")


def _spread(chance: random.Random, media: list[int], uploader: str) -> Iterator[Seen]:
    """One by one, under one title of its own, by one uploader."""
    title = f"{word(chance)} and {word(chance)} part"
    for place, each in enumerate(media):
        host = _host(chance)
        page = f"https://{host}/post/{chance.randrange(10**9)}"
        yield Seen(each, _file(chance, host), page, 0, f"{title} {place}", f"uploaded by {uploader}")


def _alone(chance: random.Random, media: int) -> Seen:
    host = _host(chance)
    page = f"https://{host}/post/{chance.randrange(10**9)}"
    return Seen(media, _file(chance, host), page, 0, chance.choice(TITLES), "")


def _gallery(chance: random.Random, media: list[int]) -> Iterator[Seen]:
    """A dozen that have nothing to do with each other."""
    page = f"https://mixed{chance.randrange(5)}.example/best/{chance.randrange(10**6)}"
    for place, each in enumerate(media):
        yield Seen(each, _file(chance, _host(chance)), page, place, chance.choice(TITLES), "")


def suggest_all(world: World) -> tuple[list[Any], float]:
    """Every sighting as it comes: traces kept, suggestions worked out; what is suggested at the end, ms a sighting."""
    from django.db import transaction

    from orbweaver.assess.linking.models import SeriesSuggestion
    from orbweaver.assess.linking.suggesting import keep_picture_traces, keep_traces, suggest_for
    from orbweaver.assess.linking.traces import traces_of
    from orbweaver.detect.media.models import Media

    made = Media.objects.bulk_create(
        Media(
            sha256=hashlib.sha256(str(number).encode()).digest(), sha1=b"", md5=b"", size=1, mime="image/jpeg",
            pdq=pdq, pdq_quality=100, first_seen_at=NOW,
        )
        for number, pdq in enumerate(world.pdq)
    )  # fmt: skip
    start = perf_counter()
    for each in world.seen:
        with transaction.atomic():
            media = made[each.media]
            context = {"title": each.title, "after": each.after, "position": each.position}
            keep_traces(media, traces_of(each.url, each.page, context))
            keep_picture_traces(media)
            suggest_for(media, NOW)
    took = (perf_counter() - start) / len(world.seen) * 1000
    number_of = {media.pk: number for number, media in enumerate(made)}
    rows = SeriesSuggestion.objects.values_list("first_id", "second_id", "strength", "evidence")
    return [(number_of[one], number_of[two], strength, said) for one, two, strength, said in rows], took


def measured(world: World, pairs: Iterable[tuple[int, int]]) -> tuple[int, float, float]:
    """How many pairs; the share of one series; the share of pairs of a series that accepting the right ones joins."""
    every = list(pairs)
    right = [(one, two) for one, two in every if world.series[one] and world.series[one] == world.series[two]]
    root = list(range(len(world.series)))

    def find(each: int) -> int:
        while root[each] != each:
            root[each] = root[root[each]]
            each = root[each]
        return each

    for one, two in right:
        root[find(one)] = find(two)
    members: dict[int, list[int]] = {}
    for number, series in enumerate(world.series):
        if series:
            members.setdefault(series, []).append(number)
    possible = sum(len(each) * (len(each) - 1) // 2 for each in members.values())
    joined = 0
    for each in members.values():
        groups: dict[int, int] = {}
        for number in each:
            groups[find(number)] = groups.get(find(number), 0) + 1
        joined += sum(size * (size - 1) // 2 for size in groups.values())
    return len(every), len(right) / len(every) if every else 1.0, joined / possible


def tables(world: World, rows: list[Any], took: float) -> tuple[list[str], list[tuple[float, float, float]]]:
    """The lines of both tables, and the curve: strength, precision, recall."""
    said = [
        f"{sum(map(bool, world.series)):,} media in {max(world.series)} series, {len(world.seen):,} sightings,"
        f" {took:.1f} ms a sighting on the machine that wrote this.",
        "",
        "| strength, at least | suggestions | precision | recall |",
        "|---:|---:|---:|---:|",
    ]
    curve = []
    for least in THRESHOLDS:
        count, precision, recall = measured(world, ((a, b) for a, b, strength, _ in rows if strength >= least))
        curve.append((least, precision, recall))
        said.append(f"| {least} | {count:,} | {precision:.1%} | {recall:.1%} |")
    said += ["", "| signal | suggestions with it | precision | recall by it alone |", "|---|---:|---:|---:|"]
    for signal in sorted({each["signal"] for row in rows for each in row[3]}):
        with_it = [(a, b) for a, b, _, reasons in rows if any(each["signal"] == signal for each in reasons)]
        count, precision, recall = measured(world, with_it)
        said.append(f"| {str(signal).replace('_', ' ')} | {count:,} | {precision:.1%} | {recall:.1%} |")
    return said, curve


def between_marks(page: str, lines: list[str]) -> str:
    """The page with these lines between its marks."""
    before, _, rest = page.partition(MARKS[0])
    return "\n".join([before + MARKS[0], *lines, MARKS[1] + rest.partition(MARKS[1])[2]])


def write(lines: list[str], curve: list[tuple[float, float, float]]) -> None:
    """The page's tables and its plot."""
    page = DOC / "series-suggestions.md"
    page.write_text(between_marks(page.read_text(encoding="utf-8"), lines), encoding="utf-8")
    plotted = {"precision": [(x, p) for x, p, _ in curve], "recall": [(x, r) for x, _, r in curve]}
    svg = share_plot(plotted, "strength of a suggestion, at least", "Precision and recall of suggestions for series")
    (DOC / "series-suggestions.svg").write_text(svg, encoding="utf-8")


def main() -> None:
    with tempfile.TemporaryDirectory() as room:
        Path(room).chmod(0o711)  # PostgreSQL's own account passes through
        os.environ |= {"ORBWEAVER_DATA_DIR": f"{room}/data", "ORBWEAVER_KEYS_DIR": f"{room}/keys"}
        from orbweaver.doors.cli.session import open_session

        with open_session():
            world = make_world(random.Random(5))
            lines, curve = tables(world, *suggest_all(world))
            write(lines, curve)
            print("\n".join(lines))


if __name__ == "__main__":
    main()
