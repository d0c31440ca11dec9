"""Campaign: kill -9 of whatever takes part, at 200 random moments of a crawl of 5,000 pages with a picture each.

A moment is a number of requests that the site has seen, drawn at random over the whole crawl. Killed are the crawler, a
decoder of its, the database server, one of its backends, its keeper, ``orbweaver up``, or all of them at once. Figures
go to build/soak/crawl_kills.json. SOAK_PAGES and SOAK_KILLS make it smaller.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import psycopg
import pytest
from aiohttp import web
from PIL import Image

from orbweaver.fingerprints import pdq
from orbweaver.platform.runtime.cluster import processes_on

PAGES = int(os.environ.get("SOAK_PAGES", "5000"))
KILLS = int(os.environ.get("SOAK_KILLS", "200"))
KNOWN_EVERY = 10
HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")
KINDS = ("crawler", "decoder", "server", "backend", "keeper", "up", "everything")
PATIENCE_S = 240.0
"""Seconds within which the crawl must go on after a kill: a lease that was lost takes 15."""
REPORT = Path("build/soak/crawl_kills.json")

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]


def picture(number: int) -> bytes:
    """A JPEG of coloured clouds; another number is another picture."""
    rough = np.random.default_rng(number).integers(0, 255, (8, 10, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(rough).resize((160, 120), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    return out.getvalue()


class Web:
    """A tree of pages over four hosts, each page with a picture; counts what is asked for, by path."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def url(self, number: int, ending: str = "") -> str:
        return f"http://{HOSTS[number % len(HOSTS)]}:{self.port}/{number}{ending}"

    async def answer(self, request: web.Request) -> web.Response:
        name = request.path[1:]
        if name == "robots.txt":
            return web.Response(status=404)
        self.asked[name] += 1
        if name.endswith(".jpg"):
            return web.Response(body=picture(int(name[:-4])), content_type="image/jpeg")
        number = int(name)
        below = [each for each in range(8 * number + 1, 8 * number + 9) if each < PAGES]
        links = "".join(f'<a href="{self.url(each)}">x</a>' for each in below)
        return web.Response(text=f'{links}<img src="{self.url(number, ".jpg")}">', content_type="text/html")

    async def _listen(self) -> None:
        app = web.Application()
        app.router.add_get("/{name}", self.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        self._runner = runner
        for host in HOSTS:
            await web.TCPSite(runner, host, self.port).start()
            self.port = runner.addresses[0][1]

    @contextlib.contextmanager
    def serve(self) -> Iterator[None]:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(20)
        yield
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(90)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class Installation:
    """``orbweaver up`` in a folder of its own, and whoever belongs to it."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "data"
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("ORBWEAVER_", "PG"))
        }
        self.environment.pop("DJANGO_SETTINGS_MODULE", None)
        settings = {
            "DATA_DIR": str(self.data_dir),
            "KEYS_DIR": str(folder / "keys"),
            "NETWORK_ALLOW": ",".join(f"{host}:*" for host in HOSTS),
            "CRAWL_HOST_DELAY_S": "0.02",
            "CRAWL_HOST_CONCURRENCY": "8",
            "CRAWL_MAX_HOPS": "50",
            "DECODE_WORKERS": "2",
            "AUTHORISED_HOTLINE": "true",
            "LEGAL_AUTHORITY": "a campaign of tests",
        }
        self.environment |= {f"ORBWEAVER_{name}": value for name, value in settings.items()}
        self.port = 0
        self.up: subprocess.Popen[bytes] | None = None

    def run(self, *words: str) -> None:
        command = [sys.executable, "-m", "orbweaver", *words]
        subprocess.run(command, env=self.environment, check=True, capture_output=True, timeout=300)

    def start(self) -> None:
        command = [sys.executable, "-m", "orbweaver", "up", "--port", "0"]
        self.up = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def everyone(self) -> list[psutil.Process]:
        """Every process of this installation, by its settings or its folder."""
        found = [psutil.Process(pid) for pid in processes_on(self.data_dir / "postgres") if psutil.pid_exists(pid)]
        mark = f"ORBWEAVER_DATA_DIR={self.data_dir}"
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("ORBWEAVER_DATA_DIR") == str(self.data_dir) or mark in process.cmdline():
                    found.append(process)
        if self.up is not None and self.up.poll() is None:
            found += psutil.Process(self.up.pid).children(recursive=True)
        return list({process.pid: process for process in found if process.pid != os.getpid()}.values())

    def victims(self, kind: str) -> list[psutil.Process]:
        if kind == "everything":
            return self.everyone()
        if kind == "up":
            return [psutil.Process(self.up.pid)] if self.up is not None and self.up.poll() is None else []
        if kind in ("server", "keeper", "backend"):
            described = json.loads((self.data_dir / "server.json").read_text())
            if kind == "backend":
                others = [pid for pid in processes_on(self.data_dir / "postgres") if pid != described["pid"]]
                return [psutil.Process(random.choice(others))] if others else []
            return [psutil.Process(described["keeper" if kind == "keeper" else "pid"])]
        crawlers = [each for each in self.everyone() if "crawl-worker" in each.cmdline()]
        if kind == "crawler":
            return crawlers
        decoders = [
            child for each in crawlers for child in each.children() if "fingerprints" in " ".join(child.cmdline())
        ]
        return random.sample(decoders, 1) if decoders else []

    def kill(self, kind: str) -> int:
        """Kill whoever is meant; how many were hit (0: nobody of the kind lived at that moment)."""
        hit = 0
        with contextlib.suppress(psutil.Error, OSError, ValueError, KeyError):
            for process in self.victims(kind):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
                    hit += 1
        return hit

    def keep_up(self) -> bool:
        """Start it again if it is gone; whether it was."""
        if self.up is not None and self.up.poll() is None:
            return False
        self.start()
        return True

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        url = json.loads((self.data_dir / "server.json").read_text())["url"]
        with psycopg.connect(url, connect_timeout=10) as connection:
            return connection.execute(question).fetchall()

    def ask_patiently(self, question: str) -> list[tuple[Any, ...]]:
        """Ask until there is an answer: after the last kill the server may be going down, or coming up again."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            self.keep_up()
            with contextlib.suppress(psycopg.Error, OSError, ValueError, KeyError):
                return self.ask(question)
            time.sleep(0.5)
        return self.ask(question)

    def unfinished(self) -> int:
        with contextlib.suppress(psycopg.Error, OSError, ValueError, KeyError):
            return int(self.ask("SELECT count(*) FROM crawl_frontierurl WHERE state <> 3")[0][0])
        return 1

    def stop(self) -> None:
        if self.up is not None:
            self.up.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.up.wait(60)
        for process in self.everyone():
            with contextlib.suppress(psutil.Error):
                process.kill()


def prepare(site: Web, installation: Installation, folder: Path) -> None:
    """A list of every tenth picture, and the lead."""
    with (folder / "known.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["kind", "value", "classification", "identified", "series", "source", "baseline"])
        for number in range(0, PAGES, KNOWN_EVERY):
            rows.writerow(["pdq", pdq(picture(number))[0], "csam", "unidentified", "", "NCMEC", "false"])
    installation.run("lists", "import", str(folder / "known.csv"), "--list", "Known")
    installation.run("crawl", site.url(0), "--max-pages", "1", "--json")


def crawl_with_kills(site: Web, installation: Installation, chance: random.Random) -> dict[str, Any]:
    """Let it crawl to the end, killing at the moments; which kills struck, how long the longest standstill was."""
    moments = sorted(chance.randint(2, 2 * PAGES) for _ in range(KILLS))
    struck: Counter[str] = Counter()
    restarts, longest, last, since = 0, 0.0, -1, time.monotonic()
    installation.start()
    while True:
        seen = len(site.asked)
        if seen != last:
            longest, last, since = max(longest, time.monotonic() - since), seen, time.monotonic()
        assert time.monotonic() - since < PATIENCE_S, f"nothing more was fetched after {seen} addresses"
        if moments and seen >= moments[0]:
            kind = chance.choice(KINDS)
            if installation.kill(kind):
                struck[kind] += 1
                moments.pop(0)
                write({"unfinished": True, "kills": sum(struck.values()), "killed": dict(struck), "addresses": seen})
        elif not moments and seen >= 2 * PAGES and installation.unfinished() == 0:
            break
        time.sleep(chance.uniform(0.02, 0.3))
        restarts += installation.keep_up()
    return {"kills": sum(struck.values()), "killed": dict(struck), "restarts_of_up": restarts, "longest_gap_s": longest}


def measure(site: Web, installation: Installation) -> dict[str, Any]:
    """What is in the database at the end, and what the site saw."""
    attempts = {
        url.rsplit("/", 1)[1]: number
        for url, number in installation.ask_patiently("SELECT url, attempts FROM crawl_frontierurl")
    }
    [(done, failed)] = installation.ask_patiently(
        "SELECT count(*) FILTER (WHERE state = 3 AND status = 200 AND error = ''), count(*) FILTER (WHERE error <> '')"
        " FROM crawl_frontierurl"
    )
    [(images,)] = installation.ask_patiently("SELECT sum(images) FROM crawl_crawlcount")
    counts = {
        table: installation.ask_patiently(f"SELECT count(*) FROM {table}")[0][0]
        for table in ("matching_sighting", "matching_match", "review_reviewitem")
    }
    [(distinct,)] = installation.ask_patiently("SELECT count(DISTINCT url) FROM matching_sighting")
    return {
        "pages": PAGES,
        "addresses": len(attempts),
        "done": done,
        "failed": failed,
        "images_counted": int(images),
        "expected_sightings": len(range(0, PAGES, KNOWN_EVERY)),
        "sightings": counts["matching_sighting"],
        "distinct_sightings": distinct,
        "matches": counts["matching_match"],
        "review_items": counts["review_reviewitem"],
        "requests": sum(site.asked.values()),
        "requests_beyond_one": sum(site.asked.values()) - len(site.asked),
        "most_requests_of_one_address": max(site.asked.values()),
        "asked_more_often_than_leased": sum(site.asked[name] > attempts.get(name, 0) for name in site.asked),
        "never_asked": 2 * PAGES - len(site.asked),
    }


def test_nothing_is_lost_or_done_twice_whatever_is_killed_at_200_moments_of_a_crawl() -> None:
    seed = random.SystemRandom().randrange(2**32)
    started = time.monotonic()
    site = Web()
    with tempfile.TemporaryDirectory(prefix="orbweaver-soak-") as name, site.serve():
        folder = Path(name)
        folder.chmod(0o711)
        installation = Installation(folder)
        try:
            prepare(site, installation, folder)
            figures: dict[str, Any] = {"seed": seed} | crawl_with_kills(site, installation, random.Random(seed))
            figures |= measure(site, installation)
        finally:
            installation.stop()
    figures["seconds"] = round(time.monotonic() - started, 1)
    write(figures)
    hold(figures)


def write(figures: dict[str, Any]) -> None:
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(figures, indent=2) + "\n")


def hold(figures: dict[str, Any]) -> None:
    assert figures["kills"] == KILLS
    assert (figures["never_asked"], figures["failed"]) == (0, 0)
    assert figures["addresses"] == figures["done"] == 2 * PAGES
    assert figures["images_counted"] == PAGES
    expected = figures["expected_sightings"]
    assert figures["sightings"] == figures["distinct_sightings"] == expected
    assert figures["matches"] == figures["review_items"] == expected
    assert figures["asked_more_often_than_leased"] == 0
