"""From a machine on which the packages lie, and nothing else, to the first known picture that is found and recorded."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psycopg
import pytest
from tests.acceptance.system import System, installed, wait_for
from tests.acceptance.world import Web, html, image, list_of, sha256, still

LONGEST_S = 120.0

pytestmark = pytest.mark.timeout(600)


def sightings(system: System) -> int:
    url = json.loads((system.data / "server.json").read_text())["url"]
    with psycopg.connect(url) as session:
        [[count]] = session.execute("SELECT count(*) FROM matching_sighting").fetchall()
    return int(count)


def test_three_commands_and_two_minutes_are_enough(room: Path, web: Web) -> None:
    host = web.host(97)
    host.files |= {"/": html('<img src="/1.jpg">'), "/1.jpg": image(still(97, 1))}
    with installed(room) as system:
        known = system.give("known.csv", list_of(("sha256", sha256(still(97, 1)), "")))
        began = time.monotonic()
        system.start()
        system.run("lists", "import", known, "--list", "Police", "--supplier", "NCMEC")
        system.run("crawl", f"{host.url}/")
        wait_for(lambda: sightings(system), seconds=LONGEST_S, what="a sighting")
        took_s = time.monotonic() - began
    print(f"the first picture after {took_s:.0f} s")
    assert took_s <= LONGEST_S
