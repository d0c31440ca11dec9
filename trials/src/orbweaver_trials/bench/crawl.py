"""``orbweaver bench crawl``: the whole crawler over real HTTP, with its database, on this machine, beside Scrapy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from orbweaver_trials.bench.apart import NotMeasured, run_apart, throw_away
from orbweaver_trials.bench.memory import draw, growth_mb, read_samples
from orbweaver_trials.bench.result import BenchResult, Progress, peer, this_machine

GOAL: Final = 1300
"""Pictures a second on two processors, end to end (issue of the crawler); Project Arachnid's mean was 1,015."""
GOAL_VS_SCRAPY: Final = 10
ENTRIES: Final = 1_000_000
"""Entries of the list."""
FULL: Final = (20_000, 2_000)
QUICK: Final = (4_000, 500)
"""Pages of the site that ours crawls, and pictures that Scrapy does."""
PAGES_A_SECOND: Final = 1_000
"""More than can be crawled, so that a crawl of so many minutes does not run out of pages."""
LEAST_MINUTES: Final = 5
"""From so many on it is said how memory grows: before, what is loaded once hides it."""
KERNELS: Final = ("orbweaver.index.warmup", "orbweaver.fingerprints.warmup")
"""What compiles them: else the compiler's memory would count as the crawler's on a machine's first run."""
PACKAGES: Final = ("orbweaver", "aiohttp", "scrapy", "pdqhash", "pillow", "simplejpeg", "numpy", "numba")


def run_crawl(quick: bool, progress: Progress) -> BenchResult:
    """Crawl a generated site in a throw-away installation, and with Scrapy. Raises NotMeasured, PeersMissing."""
    peer("scrapy")
    peer("pdqhash")
    pages, pictures = QUICK if quick else FULL
    _compile(progress)
    with _serve(pages) as (site, port):
        progress(f"crawling {pages:,} pages with three pictures each against a list of {ENTRIES:,} entries")
        ours = _ours({"pages": pages, "entries": ENTRIES, "port": port, "site": site})
        progress(f"crawling {pictures:,} pictures of the same site with Scrapy and pdqhash")
        scrapy = _scrapy(port, pictures)
    return _result(ours, scrapy)


def run_for(minutes: float, samples: Path, progress: Progress) -> BenchResult:
    """Crawl for so long; time, pictures and memory go to ``samples``, JSON lines, and into a plot beside it."""
    samples.unlink(missing_ok=True)
    pages = max(2_000, int(minutes * 60 * PAGES_A_SECOND))
    _compile(progress)
    with _serve(pages) as (site, port):
        progress(f"crawling for {minutes:g} minutes against a list of {ENTRIES:,} entries")
        order = {"pages": pages, "entries": ENTRIES, "port": port, "site": site}
        ours = _ours(order | {"seconds": minutes * 60, "samples": str(samples.resolve())})
    result, taken, plot = _result(ours, None), read_samples(samples), samples.with_suffix(".svg")
    plot.write_text(draw(taken), encoding="utf-8")
    result.notes.append(f"Memory over time: {plot}.")
    if minutes >= LEAST_MINUTES:
        result.figures["memory_growth_mb"] = growth_mb(taken)
    return result


def _compile(progress: Progress) -> None:
    progress("compiling what is not compiled yet")
    for module in KERNELS:
        if subprocess.run([sys.executable, "-m", module], check=False).returncode:
            raise NotMeasured("What is to be measured could not be compiled; what the compiler said is above.")


def _result(ours: dict[str, Any], scrapy: dict[str, Any] | None) -> BenchResult:
    result = BenchResult(
        "Crawl, end to end: fetched over HTTP, decoded, matched, committed", machine=this_machine(PACKAGES)
    )
    spent: dict[str, float] = ours["cpu_ms_per_image"]
    total = sum(value for part, value in spent.items() if part != "site")
    result.rows.append(_row("orbweaver", ours, ours["pages_per_s"], total))
    if scrapy is not None:
        result.rows.append(_row("Scrapy + pdqhash", scrapy, None, scrapy["cpu_ms_per_image"]))
        result.ratios["images_vs_scrapy_pdqhash"] = ours["images_per_s"] / scrapy["images_per_s"]
    whole = sum(spent.values())
    result.rows += [
        {"part": part, "CPU ms a picture": value, "share": f"{value / whole:.0%}"}
        for part, value in sorted(spent.items(), key=lambda each: -each[1])
    ]
    names = ("images_per_s", "pages_per_s", "peak_memory_mb", "frontier_cpu_share", "cores_busy")
    result.figures = {name: ours[name] for name in names}
    result.figures |= {"cpu_ms_per_image": whole, "matches": ours["matches"], "failures": ours["failures"]}
    result.figures["decoders_replaced"] = ours["decoders_replaced"]
    result.figures |= {f"cpu_ms_{part.lower()}": value for part, value in spent.items()}
    result.notes += _notes(result, spent)
    return result


def _row(name: str, found: dict[str, Any], pages_per_s: float | None, cpu: float) -> dict[str, Any]:
    return {
        "crawler": name,
        "pictures/s": found["images_per_s"],
        "pages/s": pages_per_s,
        "CPU ms a picture": cpu,
        "peak MB": found["peak_memory_mb"],
        "pictures": found["images"],
    }


@contextmanager
def _serve(pages: int) -> Iterator[tuple[int, int]]:
    """The site in its own process: its number, and its port."""
    command = [sys.executable, "-m", "orbweaver_trials.bench.crawl_site", str(pages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.pid, int(process.stdout.readline())
        finally:
            process.kill()


def _ours(order: dict[str, Any]) -> dict[str, Any]:
    settings = {
        "NETWORK_ALLOW": "127.0.0.1:*",
        "CRAWL_HOST_DELAY_S": "0",
        "CRAWL_HOST_CONCURRENCY": "0",
        "CRAWL_MAX_HOPS": "60",
    }
    with throw_away(**settings) as environment:
        return run_apart("orbweaver_trials.bench.crawl_run", json.dumps(order), environment=environment)


def _scrapy(port: int, pictures: int) -> dict[str, Any]:
    """With fingerprints made where pictures arrive, and in threads: the faster of the two."""
    ways = (0, len(os.sched_getaffinity(0)))
    arguments = [(str(port), str(pictures), str(threads)) for threads in ways]
    found = [run_apart("orbweaver_trials.bench.crawl_scrapy", *each) for each in arguments]
    return max(found, key=lambda each: float(each["images_per_s"]))


def _notes(result: BenchResult, spent: dict[str, float]) -> list[str]:
    total, cores = sum(spent.values()), len(os.sched_getaffinity(0))
    figures = result.figures
    most = sorted(spent, key=lambda part: -spent[part])[:3]
    notes = [
        f"A picture takes {total:.2f} ms of CPU in all, with its share of a page, the site and the database; "
        f"{cores} processors with nothing else to do would make {cores * 1000 / total:,.0f} pictures a second. "
        f"This run had {figures['cores_busy']:.2f} of them.",
        f"It is bounded by the processors: most goes to {', '.join(f'{part} ({spent[part]:.2f})' for part in most)}.",
        f"Frontier work, all of PostgreSQL included, takes {figures['frontier_cpu_share']:.0%} of it.",
    ]
    if figures["images_per_s"] < GOAL:
        notes.append(f"The goal of {GOAL:,} pictures a second was missed in this run.")
    ratio = result.ratios.get("images_vs_scrapy_pdqhash")
    if ratio is not None and ratio < GOAL_VS_SCRAPY:
        notes.append(f"The goal of {GOAL_VS_SCRAPY} times Scrapy with pdqhash was missed in this run.")
    return notes
