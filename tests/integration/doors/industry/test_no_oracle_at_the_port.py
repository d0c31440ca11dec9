"""An abuser with every key there is learns at no door of the API's port that somebody asked about a picture or a video.

Each call is the real client's own, sent again and again: now with a survivor's hashes in the database, now without, or
with those of something else. A classifier is given what came back over HTTP, beneath the client (two of them hide
status and headers), how long it is, and how long it took.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from threatexchange.exchanges.clients.ncmec.hash_api import NCMECHashAPI
from threatexchange.exchanges.clients.stopncii.api import (
    StopNCIIAPI,
    StopNCIICSPFeedbackValue,
    StopNCIIEndpoint,
    StopNCIISignalType,
)

from orbweaver.detect.hashlists.rules import EntryRow
from orbweaver.detect.hashlists.services import add_own_entry, set_acts_alone
from orbweaver.detect.intake.models import AskedHash
from orbweaver.detect.intake.rules import AskedFor
from orbweaver.detect.intake.services import add_hashes, ask_for_hashes
from orbweaver.doors.industry.frame.asked import Answer
from orbweaver.doors.industry.serving import Port
from orbweaver.fingerprints import fingerprint
from orbweaver.people.accounts.rules import KEY_SCOPES

from ...follow.survivors.outsider import Seen, limit, told_apart
from ...follow.survivors.wire import overheard
from .conftest import MakeKey, Running
from .things import NOW, film, pdq_of, picture

pytestmark = pytest.mark.django_db(transaction=True)

PAIRS = 1_000
BANK = "COOP_E7C89_ABUSER"
MADE_BY_THE_CALL = re.compile(rb'(?<="id": )\d+(?=, "signals")')
"""The number of the entry that a call itself makes. All else is compared to the byte, cursors and times among it."""
PAGED = {
    "/hashsharing/v2/entries": ("size", re.compile(r"start=(\d+)"), "start"),
    "/stopncii/v1/FetchHashes": ("pageSize", re.compile(r'"nextPageToken": "([^"]+)"'), "nextPageToken"),
    "/exchange/v1/entries": ("limit", re.compile(r'"after": (\d+)'), "after"),
    "/api/v1/entries": ("limit", re.compile(r'"next": (\d+)'), "after"),
}
"""Doors that give pages: the parameter of their size, where the next one's cursor stands, and what it is called."""
UNTIL = {"to": "2026-11-28T00:00:00Z"}
"""The end of what is asked for, which is now otherwise, and is said again in a cursor."""


@dataclass
class Survivor:
    """Somebody who asks about a picture and, frame by frame as our page writes it, a video; and withdraws again."""

    hashes: list[AskedFor]
    others: list[AskedFor]
    """As many hashes of something else: somebody always asks, so an abuser's question is about what."""

    def asks(self) -> None:
        self._ask(self.hashes)

    def asks_about_another(self) -> None:
        self._ask(self.others)

    def withdraws(self) -> None:
        AskedHash.objects.all().delete()

    def _ask(self, hashes: list[AskedFor]) -> None:
        self.withdraws()
        add_hashes(self.report, hashes)

    def __post_init__(self) -> None:
        self.report = ask_for_hashes([], NOW)


@pytest.fixture(scope="module")
def video() -> bytes:
    return film(60)


@pytest.fixture
def survivor(transactional_db: None, video: bytes) -> Survivor:
    mine, moving = fingerprint(picture(seed=31)), fingerprint(video)
    assert mine.pdq is not None
    assert moving.frames
    exact = [AskedFor(kind, getattr(each, kind)) for each in (mine, moving) for kind in ("md5", "sha1", "sha256")]
    frames = [
        AskedFor("pdq", each.pdq, is_frame=True, time_s=each.time_s, quality=each.quality) for each in moving.frames
    ]
    hashes = [*exact, AskedFor("pdq", mine.pdq), *frames]
    return Survivor(hashes, [replace(each, value=bytes(0xFF ^ octet for octet in each.value)) for each in hashes])


Calls = dict[str, Callable[[], object]]


@pytest.fixture
def calls(address: str, key: MakeKey, running: Running, survivor: Survivor, video: bytes) -> Iterator[Calls]:
    """Every door, by what its own clients send it."""
    mine, name = picture(seed=31), hashlib.sha256(b"").hexdigest()[:8]
    pdq, frames = pdq_of(mine).hex(), [each.pdq.hex() for each in fingerprint(video).frames]
    for value in (bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))):  # there is more than one page
        row = EntryRow("pdq", value, "csam", "unidentified", "", "us", False)
        set_acts_alone([add_own_entry(row, None, "us", NOW)], True, NOW)
    everything = key(*KEY_SCOPES, url_hosts=["127.0.0.1"])
    place: Any = SimpleNamespace(value=address + "/hashsharing")
    ncmec = NCMECHashAPI("hotline", everything, place)
    functions = dict.fromkeys(StopNCIIEndpoint, everything)
    stopncii = StopNCIIAPI("any", everything, functions, base_url_override=address + "/stopncii/v1")
    with ExitStack() as stack:
        hma = stack.enter_context(httpx.Client(base_url=f"{address}/hma/{everything}//", timeout=120))
        own = {"Authorization": f"Bearer {everything}"}
        ours = stack.enter_context(httpx.Client(base_url=address, headers=own, timeout=120))
        assert hma.post("/c/banks", json={"name": BANK, "enabled_ratio": "1"}).status_code == 201
        running.follow()

        def banks() -> None:
            hma.get("/c/banks")
            added = hma.post(f"/c/bank/{BANK}/content", files={"photo": (f"{name}.jpg", mine, "image/jpeg")})
            hma.delete(f"/c/bank/{BANK}/content/{added.json()['id']}")

        def submit() -> None:
            kind = StopNCIISignalType.ImagePDQ
            stopncii.submit_hash(kind, pdq)
            stopncii.submit_feedback(kind, pdq, StopNCIICSPFeedbackValue.Blocked)

        def by_pages() -> None:
            """Each door's list, one entry a page, as its cursors lead; and a cursor that is beyond the last one."""
            for path, (size, cursor, after) in PAGED.items():
                page, pages = ours.get(path, params={**UNTIL, size: 1}), 1
                while (found := cursor.search(page.text)) and pages < 3:
                    page, pages = ours.get(path, params={**UNTIL, size: 1, after: found[1]}), pages + 1
                ours.get(path, params={**UNTIL, after: 10**9})

        def asked_again() -> None:
            """What keeps copies asks: whether it has changed since, its headers alone, what may be done."""
            for path in ("/status", "/api/v1/openapi.json", *PAGED):
                ours.get(path, headers={"If-None-Match": '"1"', "If-Modified-Since": "Tue, 24 Nov 2026 12:00:00 GMT"})
                ours.head(path)
                ours.options(path)

        yield {
            "ncmec entries": lambda: [page.updates for page in ncmec.get_entries_iter(start_timestamp=0)],
            "ncmec members": lambda: (ncmec.status(), ncmec.members()),
            "stopncii hashes": stopncii.fetch_hashes,
            "stopncii submission": submit,
            "exchange entries": lambda: ours.get("/exchange/v1/entries"),
            "own entries": lambda: ours.get("/api/v1/entries"),
            "lists by pages": by_pages,
            "what keeps copies": asked_again,
            "hma signal": lambda: hma.get("/m/lookup", params={"signal_type": "pdq", "signal": pdq}),
            "hma raw signal": lambda: hma.get("/m/raw_lookup", params={"signal_type": "pdq", "signal": pdq}),
            "hma picture": lambda: hma.post("/m/lookup", files={"photo": ("a.jpg", mine, "image/jpeg")}),
            "hma video": lambda: hma.post("/m/lookup", files={"video": ("a.mp4", video, "video/mp4")}),
            "hma bank": banks,
            "scan of frames": lambda: ours.post("/api/v1/scan/hashes", json={"kind": "pdq", "hashes": frames}),
            "scan of a picture": lambda: ours.post("/api/v1/scan", content=mine),
            "scan of a video": lambda: ours.post("/api/v1/scan", content=video),
        }


def seen(call: Callable[[], object]) -> Seen:
    """What came over the wire for one call, and its seconds."""
    with overheard() as answers:
        begun = time.perf_counter()
        call()
        took = time.perf_counter() - begun
    assert answers
    headers = tuple(header for _, each, _ in answers for header in each)
    statuses = " ".join(str(status) for status, _, _ in answers)
    body = b"\n".join(body for _, _, body in answers)
    return Seen((answers[-1][0], (("statuses", statuses), *headers), MADE_BY_THE_CALL.sub(b"?", body)), took)


def pairs_of(
    call: Callable[[], object], asks: Callable[[], None], else_: Callable[[], None], count: int
) -> tuple[list[Seen], list[Seen]]:
    """Answers while somebody asks, and while nobody does or about another picture: either first, in turns."""
    found: tuple[list[Seen], list[Seen]] = ([], [])
    for number in range(count):
        for which in (0, 1) if number % 2 else (1, 0):
            (asks, else_)[which]()
            found[which].append(seen(call))
    return found


@pytest.mark.sweep
def test_no_door_of_the_port_tells_what_a_survivor_brings(calls: Calls, survivor: Survivor) -> None:
    for name, call in calls.items():
        pairs_of(call, survivor.asks, survivor.withdraws, 2)
        found = {each.said for kind in pairs_of(call, survivor.asks, survivor.withdraws, 4) for each in kind}
        assert len(found) == 1, (name, found)
    survivor.asks()
    assert AskedHash.objects.filter(is_frame=True).count() > 3


def test_what_would_be_told_is_seen(calls: Calls, survivor: Survivor) -> None:
    """The same measure where something is told: the hashes of a list."""
    from .things import put_on_list

    before = seen(calls["scan of a picture"])
    put_on_list("md5", fingerprint(picture(seed=31)).md5)
    for _ in range(40):
        time.sleep(0.1)
        if (after := seen(calls["scan of a picture"])).said != before.said:
            break
    assert told_apart(([before] * 9, [after] * 9))["text"] == 0.5


def test_a_header_and_a_status_that_moved_would_be_seen_through_clients_that_hide_them(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    hiding = ("ncmec entries", "ncmec members", "stopncii hashes", "stopncii submission")
    before = {name: seen(calls[name]).said for name in hiding}
    send = Port._send

    async def tells(port: Port, request: Any, answer: Answer, more: dict[str, str], **how: bool) -> Any:
        changed = replace(answer, status=HTTPStatus.ACCEPTED) if telling == "status" else answer
        return await send(port, request, changed, {"ETag": '"2"'} if telling == "header" else more, **how)

    monkeypatch.setattr(Port, "_send", tells)
    for telling in ("status", "header"):
        assert [name for name in hiding if seen(calls[name]).said == before[name]] == [], telling


@pytest.mark.soak
@pytest.mark.timeout(7_200)
def test_a_thousand_pairs_at_each_door_tell_no_more_than_chance(
    calls: Calls, survivor: Survivor, soak_figures: Callable[..., None]
) -> None:
    """Both kinds write as many rows: just after the table was emptied an answer is 0.06 ms sooner for every hash."""
    figures = {}
    for name, call in calls.items():
        pairs_of(call, survivor.asks, survivor.asks_about_another, 5)
        told = told_apart(pairs_of(call, survivor.asks, survivor.asks_about_another, PAIRS))
        figures[name] = told | {"limit": limit(PAIRS), "pairs": PAIRS}
    soak_figures(**figures)
    assert {name: found for name, found in figures.items() if max(found["text"], found["length"]) > 0} == {}
    assert {name: found for name, found in figures.items() if found["time"] >= found["limit"]} == {}, figures
