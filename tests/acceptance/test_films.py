"""A verdict about a film (sentence 13): its other copies are found, and films that share its opening are left alone."""

from __future__ import annotations

import functools
import json
import time
from typing import Any

import pytest
from tests.acceptance.crew import CSAM, NO_CHILD, Crew, decide, lead, waiting
from tests.acceptance.people import Person
from tests.acceptance.system import System, wait_for
from tests.acceptance.world import Host, Web, film, html, image, jpeg, picture

UNRELATED, REPORTED, COPIES, HARMLESS = 71, 72, 73, 74
LOGO = picture(900_000)
"""What a film service puts before everything that is uploaded there."""
SCENES = [picture(900_100 + number) for number in range(5)]


def others(first: int) -> list[Any]:
    return [picture(first + number) for number in range(3)]


@functools.cache
def the_film() -> bytes:
    return film([LOGO, *SCENES])


def offer(host: Host, name: str, content: bytes) -> str:
    host.files[f"/v/{name}.mp4"] = image(content, "video/mp4")
    shown = "".join(f'<video src="{path}" controls></video>' for path in host.files if path.startswith("/v/"))
    host.files["/"] = html(f"<h1>Films</h1>{shown}")
    return f"{host.url}/v/{name}.mp4"


@pytest.fixture(scope="module")
def judged(web: Web, crew: Crew, hotline: System) -> None:
    """Unrelated films of the same service were seen; then one film was reported and judged."""
    service = web.host(UNRELATED)
    for number in range(3):
        offer(service, f"u{number}", film([LOGO, *others(910_000 + 10 * number)]))
    lead(crew.people["Max"], service.url + "/")
    wait_for(lambda: len({one.path for one in service.asked if one.path.endswith(".mp4")}) == 3, what="three films")
    address = offer(web.host(REPORTED), "film", the_film())
    visitor = Person(hotline.address)
    visitor.send(visitor.open("/public/report/").form(has="url"), url=address)
    decide(crew.people["Ann"], f"127.0.0.{REPORTED}", CSAM)


def scanned(hotline: System, files: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    """What `scan` says of each file, by its name."""
    folder = hotline.room / "uploads"
    for name, content in files.items():
        hotline.give(f"uploads/{name}", content)
    said = hotline.run("scan", folder, "--json", "--all", codes=(0, 4, 5), timeout=200)
    rows = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return {name: next(row for row in rows if name in json.dumps(row)) for name in files}


@pytest.fixture(scope="module")
def verdicts(judged: None, hotline: System) -> dict[str, dict[str, Any]]:
    return scanned(
        hotline,
        {
            "same": the_film(),
            "without_opening": film(SCENES, bit_rate=900_000),
            "second_half": film(SCENES[3:], bit_rate=600_000, rate=6),
            "reordered": film([SCENES[4], SCENES[1], SCENES[2]]),
            "still_of_it": jpeg(SCENES[2], 80),
            "unrelated": film([LOGO, *others(920_000)]),
            "unrelated_seen_before": film([LOGO, *others(910_000)]),
            "logo_alone": jpeg(LOGO),
            "one_frame_of_it": film([SCENES[1], *others(950_000)]),
        },
    )


@pytest.mark.parametrize("name", ["same", "without_opening", "second_half", "reordered", "still_of_it"])
def test_other_copies_are_known(verdicts: dict[str, dict[str, Any]], name: str) -> None:
    assert "csam" in json.dumps(verdicts[name]), verdicts[name]


@pytest.mark.parametrize("name", ["unrelated", "unrelated_seen_before", "logo_alone"])
def test_what_unrelated_films_share_is_on_no_list(verdicts: dict[str, dict[str, Any]], name: str) -> None:
    assert "csam" not in json.dumps(verdicts[name]), verdicts[name]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("same", ("csam", "exact")),
        ("without_opening", ("csam", "near")),
        ("second_half", ("csam", "near")),
        ("one_frame_of_it", ("no-known-match", "near")),
        ("still_of_it", ("no-known-match", "near")),
        ("unrelated", ("no-known-match", None)),
    ],
)
def test_a_frame_alone_is_a_possible_match_and_several_that_agree_are_a_verdict(
    verdicts: dict[str, dict[str, Any]], name: str, said: tuple[str, str | None]
) -> None:
    assert (verdicts[name]["classification"], verdicts[name]["match_type"]) == said


def test_a_trimmed_copy_elsewhere_comes_to_review(judged: None, web: Web, crew: Crew) -> None:
    host = web.host(COPIES)
    offer(host, "copy", film(SCENES[1:], bit_rate=800_000))
    lead(crew.people["Max"], host.url + "/")
    wait_for(lambda: waiting(crew.people["Ann"], host.address), seconds=40, what="the copy to wait for review")


def test_an_opening_leaves_the_list_when_a_film_with_it_is_judged_harmless(
    verdicts: dict[str, dict[str, Any]], web: Web, crew: Crew, hotline: System
) -> None:
    """Whoever makes films at that service is suspected once, and then no more."""
    address = offer(web.host(HARMLESS), "birthday", film([LOGO, *others(930_000)]))
    visitor = Person(hotline.address)
    visitor.send(visitor.open("/public/report/").form(has="url"), url=address)
    decide(crew.people["Ann"], f"127.0.0.{HARMLESS}", NO_CHILD)
    time.sleep(5)
    said = scanned(
        hotline,
        {
            "next_of_the_service": film([LOGO, *others(940_000)]),
            "logo_again": jpeg(LOGO),
            "second_half": film(SCENES[3:]),
        },
    )
    assert "csam" in json.dumps(said["second_half"]), said["second_half"]
    for name in ("next_of_the_service", "logo_again"):
        assert "csam" not in json.dumps(said[name]), said[name]
