"""Does the frontier cost as much with 10^8 addresses that were done and left it as with 10^6, and what does one cost?

    python benchmarks/frontier_away.py                      # writes docs/developers/frontier.md and frontier-away.svg
    python benchmarks/frontier_away.py --sizes 1e5,1e6 --dry --json     # small, as JSON, no page

One PostgreSQL of its own with a database for each size, in three years' partitions that SQL fills. The crawler's own
functions lease and record as in ``frontier_million.py``: of the links of a page 20 are new and four are known, two of
those among what left. Commits do not wait for the disk. Databases take turns, so that what else the machine does falls
on all alike; what is told is the median of the rounds, in seconds of processors of this process and of its database
process. Blocks of the database that were looked at need no quiet machine: they are counted as well.

What one costs is measured of addresses that left by the worker's duty: tables, indexes and Parquet.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import psutil
import typer

from frontier_million import DOCS, SITES, Filling, begin

MARKS: Final = ("<!-- figures by benchmarks/frontier_away.py -->", "<!-- end of figures of what left -->")
QUARTERS: Final = 12
FIRST_YEAR: Final = 2023
LEFT_LINKS: Final = 2
"""Links of a page to what left the frontier."""
WARM_UP: Final = 20_000
URLS: Final = 8_000
"""Leased and recorded in one turn."""
TO_LEAVE: Final = 100_000
WHOLE_ROW: Final = 783
"""Bytes of an address that is done and stays (``docs/operators/scale.md``)."""


@dataclass
class Turn:
    """What a URL cost in one turn of a database: processors' microseconds, and blocks that PostgreSQL looked at."""

    size: int
    us: float
    blocks: float


@dataclass
class Cost:
    """Bytes of an address that left, and of one in the frontier before, with all indexes."""

    addresses: int
    keys: float
    index: float
    details: float
    in_frontier: float

    @property
    def whole(self) -> float:
        """All three together."""
        return self.keys + self.index + self.details


class Left(Filling):
    """As ``Filling``, with pages that link to what left the frontier, too."""

    size = 0

    def found(self, page: Any) -> Iterator[Any]:
        """What a page leads to."""
        from orbweaver.detect.crawl.frontier import NewUrl
        from orbweaver.detect.crawl.models import FrontierUrl

        found = list(super().found(page))
        for at in range(LEFT_LINKS):
            number, page_kind = self.chance.randrange(self.size), FrontierUrl.Kind.PAGE
            key = hashlib.md5(str(number).encode(), usedforsecurity=False).digest() + bytes(16)
            url, hops = f"http://left.example/{number}", min(page.hops + 1, 90)
            found[-1 - at] = NewUrl(key, url, self.sites[0], self.lead_id, page_kind, hops, 50, page.id)
        yield from found


_FILL: Final = """
CREATE UNLOGGED TABLE {part} (LIKE crawl_awayurl);
INSERT INTO {part}
    SELECT n, md5(n::text)::uuid, date '{first}' + (n % 90)::int, 1, 1
    FROM generate_series({start}::bigint, {end}::bigint) AS n;
CREATE INDEX ON {part} USING hash (key);
VACUUM (FREEZE, ANALYZE) {part};
ALTER TABLE crawl_awayurl ATTACH PARTITION {part} FOR VALUES FROM ('{first}') TO ('{next}')
"""


def fill(size: int) -> None:
    """So many keys of what left, in three years."""
    from django.db import connection

    from orbweaver.detect.crawl import away

    first = dt.date(FIRST_YEAR, 1, 1)
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '256MB'")
        for number in range(QUARTERS):
            then = away.next_quarter(first)
            part, start, end = f"crawl_awayurl_{number}", size * number // QUARTERS, size * (number + 1) // QUARTERS - 1
            whole = _FILL.format(part=part, first=first, next=then, start=start, end=end)
            for statement in whole.split(";"):
                cursor.execute(statement)
            first = then


def turn(filling: Left, urls: int) -> Turn:
    """Lease and record so many."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        filling.backend = psutil.Process(cursor.fetchone()[0])
    before, blocks = filling.cpu_s(), _blocks()
    leased = 0
    while leased < urls:
        taken = filling.lease()
        leased += len(taken)
        for start in range(0, len(taken), 256):
            filling.record(taken[start : start + 256], adding=True)
    return Turn(filling.size, 1e6 * (filling.cpu_s() - before) / leased, (_blocks() - blocks) / leased)


def _blocks() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute(
            "SELECT sum(heap_blks_hit + heap_blks_read + coalesce(idx_blks_hit + idx_blks_read, 0))::bigint"
            " FROM pg_statio_user_tables"
        )
        return int(cursor.fetchone()[0])


def cost() -> Cost:
    """Let addresses that pages led to be done and leave; what they take then."""
    from django.db import connection

    from orbweaver.detect.crawl.models import AwayUrl, FrontierUrl
    from orbweaver.detect.visiting.putting_away import PuttingAway
    from orbweaver.platform.clock import now

    filling = begin(SITES, of_lead=False)
    filling.step(TO_LEAVE)
    long_ago = now() - dt.timedelta(days=40)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crawl_frontierurl SET state = 3, status = 200, fetched_at = %s + id * interval '20 ms',"
            " sha256 = CASE WHEN kind = 2 THEN sha256(url_key) END,"
            " pdq = CASE WHEN kind = 2 THEN sha256(sha256(url_key)) END,"
            " pdq_quality = CASE WHEN kind = 2 THEN id %% 100 END,"
            " other_prints = CASE WHEN kind = 2 THEN decode(repeat(md5(url), 8), 'hex') || '1234'::bytea END,"
            " context = CASE WHEN kind = 1 THEN jsonb_build_object('title', 'Page ' || md5(url)) ELSE context END",
            [long_ago],
        )
        cursor.execute("VACUUM (FULL, ANALYZE) crawl_frontierurl")
        cursor.execute("SELECT pg_total_relation_size('crawl_frontierurl')")
        whole, rows = cursor.fetchone()[0], FrontierUrl.objects.count()
        while PuttingAway().put_away(now()):
            pass
        cursor.execute("VACUUM ANALYZE crawl_awayurl")
        cursor.execute(
            "SELECT sum(pg_table_size(inhrelid)) FILTER (WHERE inhparent = 'crawl_awayurl'::regclass),"
            " sum(pg_indexes_size(inhrelid)) FILTER (WHERE inhparent = 'crawl_awayurl'::regclass),"
            " sum(pg_total_relation_size(inhrelid)) FILTER (WHERE inhparent = 'crawl_awaydetails'::regclass)"
            " FROM pg_inherits"
        )
        keys, index, details = map(float, cursor.fetchone())
    left = AwayUrl.objects.count()
    return Cost(left, keys / left, index / left, details / left, whole / rows)


def measure(sizes: list[int], rounds: int) -> tuple[list[Turn], Cost]:
    """All databases in turns."""
    from django.db import connection

    name = str(connection.settings_dict["NAME"])
    connection.close()
    databases = {size: f"left_{size}" for size in sizes}
    for each in (*databases.values(), "left_cost"):
        _copy(name, each)
    _enter("left_cost")
    bytes_of_one = cost()
    fillings = {}
    for size, database in databases.items():
        _enter(database)
        began = time.monotonic()
        fill(size)
        sys.stderr.write(f"{size:>11,} filled in {time.monotonic() - began:.0f} s\n")
        filling = begin(SITES, of_lead=False)
        fillings[size] = Left(filling.lead_id, filling.worker_id, filling.sites, filling.backend)
        fillings[size].size = size
        turn(fillings[size], WARM_UP)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE crawl_frontierurl")
    turns = []
    for number in range(rounds):
        for size in sizes if number % 2 else sizes[::-1]:
            _enter(databases[size])
            turns.append(turn(fillings[size], URLS))
            sys.stderr.write(f"{size:>11,}  {turns[-1].us:6.0f} µs  {turns[-1].blocks:6.1f} blocks\n")
    _enter(name)
    return turns, bytes_of_one


def _enter(database: str) -> None:
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = database


def _copy(template: str, name: str) -> None:
    """As the superuser, who alone may."""
    import psycopg
    from django.db import connection

    from orbweaver.platform.runtime.access import passfile
    from orbweaver.platform.runtime.cluster import SUPERUSER
    from orbweaver.platform.settings import PlatformSettings

    given = connection.settings_dict
    keys = PlatformSettings.current().keys_path
    with psycopg.connect(
        host=given["HOST"], port=given["PORT"], dbname="postgres", user=SUPERUSER,
        passfile=str(passfile(keys, SUPERUSER)), autocommit=True,
    ) as session:  # fmt: skip
        session.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER "{given["USER"]}"')
        session.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')


def medians(turns: list[Turn]) -> list[Turn]:
    """Of each size."""
    sizes = sorted({each.size for each in turns})
    of = {size: [each for each in turns if each.size == size] for size in sizes}
    return [
        Turn(size, statistics.median(each.us for each in rows), statistics.median(each.blocks for each in rows))
        for size, rows in of.items()
    ]


def table(found: list[Turn], one: Cost) -> Iterator[str]:
    """The figures as Markdown."""
    yield "| addresses that left | processor µs a URL | against the fewest | blocks looked at a URL |"
    yield "|---:|---:|---:|---:|"
    for each in found:
        yield f"| {each.size:,} | {each.us:,.0f} | {each.us / found[0].us:.2f} | {each.blocks:.1f} |"
    yield ""
    yield (
        f"One that left takes {one.whole:.0f} bytes ({one.addresses:,} left by the worker's duty): {one.keys:.0f} its "
        f"row, {one.index:.0f} its place in the index, {one.details:.0f} its details in Parquet. That is "
        f"{one.whole / WHOLE_ROW:.2f} of the {WHOLE_ROW} bytes of one that stays."
    )


def draw(found: list[Turn]) -> None:
    """Processor time of a URL, against addresses that left."""
    from orbweaver_trials.bench.plot import Series, write_plot

    lines = [Series("processor µs a URL", [(each.size, each.us) for each in found])]
    write_plot(DOCS / "frontier-away.svg", [("Leasing, recording and adding one URL", lines)], "addresses that left")


def write_docs(rows: list[str]) -> None:
    """The page's table."""
    page = DOCS / "frontier.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(MARKS[0])
    page.write_text("\n".join([before + MARKS[0], *rows, MARKS[1] + rest.partition(MARKS[1])[2]]), encoding="utf-8")


def main(
    sizes: Annotated[str, typer.Option(help="Addresses that left, with commas between them.")] = "1e6,1e7,1e8",
    rounds: Annotated[int, typer.Option(help="Turns of each.")] = 9,
    dry: Annotated[bool, typer.Option("--dry", help="Write no page.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run, print, write."""
    wanted = [int(float(each)) for each in sizes.split(",")]
    with tempfile.TemporaryDirectory(prefix="orbweaver-frontier-") as name:
        Path(name).chmod(0o711)
        for setting in [each for each in os.environ if each.startswith("ORBWEAVER_")]:
            del os.environ[setting]
        os.environ["ORBWEAVER_DATA_DIR"] = f"{name}/data"
        from orbweaver.doors.cli.session import open_session

        with open_session():
            turns, one = measure(wanted, rounds)
    found = medians(turns)
    rows = list(table(found, one))
    if as_json:
        typer.echo(json.dumps({"turns": [asdict(each) for each in turns], "cost": asdict(one) | {"whole": one.whole}}))
    else:
        typer.echo("\n".join(rows))
    if not dry:
        draw(found)
        write_docs(rows)


if __name__ == "__main__":
    typer.run(main)
