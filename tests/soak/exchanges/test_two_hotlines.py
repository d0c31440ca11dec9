"""Two hotlines, each with an installation and a database of its own, over HTTP: they exchange, judge otherwise, and
their agreement ends between two pages of a pull. Nothing passes after that, either way, on the same day."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.detect.exchanges.faulty import Faulty, Request, faulty
from tests.soak.fleet.machines import environment

from orbweaver.platform.runtime.installation import free_port

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]
LICENSED = 2_500
"""Entries of a list that one hands on; a page has a thousand."""
REMEMBERED_S = 1.2
"""A key that the door knows works for a second more."""


class Installation:
    """One hotline: its data, its desk and its door; ``between`` stands before the door, as a network does."""

    def __init__(self, name: str, folder: Path) -> None:
        folder.mkdir()
        self.name, self.folder, self.port = name, folder, free_port("127.0.0.1", 0)
        self.settings = {
            "data_dir": folder / "data",
            "keys_dir": folder / "keys",
            "hotline_name": name,
            "authorised_hotline": "true",
            "legal_authority": "a trial",
            "network_allow": "127.0.0.1:*",
            "exchange_feedback_delay_minutes": 0,
            "review_acts_alone_assessments": 2,
            "review_undo_seconds": 0,
            "api_decoders": 1,
        }
        self.between: Faulty
        self.on_page: Callable[[int], None] = lambda _: None
        self.pages = 0
        self._desk: subprocess.Popen[str] | None = None
        self._door: subprocess.Popen[bytes] | None = None

    @property
    def requests(self) -> int:
        """How often its door was asked so far, by whomever."""
        return len(self.between.requests)

    def start(self) -> None:
        """The desk, with the database, and the door; until both answer."""
        with (self.folder / "desk.log").open("ab") as log:
            self._desk = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("desk.py"))],
                env=environment(self.settings), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                text=True, bufsize=1,
            )  # fmt: skip
        self.tell("standing")
        with (self.folder / "door.log").open("ab") as log:
            command = [sys.executable, "-m", "orbweaver", "api", "--port", str(self.port)]
            self._door = subprocess.Popen(command, env=environment(self.settings), stdout=log, stderr=log)
        deadline = time.monotonic() + 300
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "door.log").read_text()[-2000:]
            time.sleep(0.2)

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"http://127.0.0.1:{self.port}/exchange/v1/entries").status_code == 401
        return False

    def stop(self) -> None:
        """Both, as systemd stops them."""
        for each in (self._door, self._desk):
            if each is not None:
                if each.stdin is not None:
                    each.stdin.close()
                else:
                    each.terminate()
                try:
                    each.wait(60)
                except subprocess.TimeoutExpired:
                    each.kill()
                    each.wait()
                if each.stdout is not None:
                    each.stdout.close()

    def tell(self, do: str, **words: object) -> Any:
        """Have the desk do something; its answer."""
        assert self._desk is not None
        assert self._desk.stdin is not None
        assert self._desk.stdout is not None
        print(json.dumps({"do": do, **words}), file=self._desk.stdin, flush=True)
        answer = self._desk.stdout.readline()
        assert answer, (self.folder / "desk.log").read_text()[-3000:]
        return json.loads(answer)

    def run(self, *words: str, given: str = "", fails: bool = False) -> str:
        """A command to its end; what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "orbweaver", *words],
            env=environment(self.settings), input=given, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert (done.returncode != 0) is fails, done.stdout[-1000:] + done.stderr[-2000:]
        return done.stdout + done.stderr

    def pass_on(self, asked: Request) -> tuple[int, str, bytes]:
        """The wire: to the door and back. ``on_page`` hears of each page when it is through."""
        query = httpx.QueryParams(asked.query)
        kept = ("Authorization", "Content-Type")
        headers = {name: text for name, text in asked.headers.items() if name in kept}
        url = f"http://127.0.0.1:{self.port}{asked.path}"
        answer = httpx.request(asked.method, url, params=query, headers=headers, content=asked.body, timeout=60)
        if asked.path.endswith("/entries") and answer.status_code == 200:
            self.pages += 1
            self.on_page(self.pages)
        return answer.status_code, answer.headers["Content-Type"], answer.content

    def end(self, agreement: str) -> None:
        """End an agreement, as somebody of the hotline does."""
        self.run("agreements", "end", agreement, "--because", "they broke it")
        time.sleep(REMEMBERED_S)


@pytest.fixture
def hotlines(tmp_path: Path) -> Iterator[tuple[Installation, Installation]]:
    """Two that know each other, each with an exchange that pulls the other's list."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o011)  # PostgreSQL's own account may pass through
    a, b = Installation("Hotline A", tmp_path / "a"), Installation("Hotline B", tmp_path / "b")
    with faulty(a.pass_on) as a.between, faulty(b.pass_on) as b.between:
        try:
            for each in (a, b):
                each.start()
            keys = {b.name: a.tell("settle", own=a.name, partner=b.name)}
            keys[a.name] = b.tell("settle", own=b.name, partner=a.name)
            for own, other in ((a, b), (b, a)):
                own.run(
                    "exchanges", "add", "Partner", "--protocol", "orbweaver", "--address", other.between.address,
                    "--supplier", other.name, "--credentials", "-", "--list", "Theirs", given=f"key={keys[own.name]}\n",
                )  # fmt: skip
            yield a, b
        finally:
            for each in (a, b):
                each.stop()


def import_into(installation: Installation, first: int) -> None:
    """A list of somebody else, which may go on to hotlines."""
    file = installation.folder / f"{first}.csv"
    rows = "".join(f"md5,{number:032x},csam,unidentified\n" for number in range(first, first + LICENSED))
    file.write_text(f"kind,value,classification,identified\n{rows}")
    installation.run("lists", "import", str(file), "--list", "Licensed", "--supplier", "RCMP")


def test_they_exchange_disagree_and_their_agreement_ends_in_the_middle(
    hotlines: tuple[Installation, Installation], soak_figures: Callable[..., None]
) -> None:
    a, b = hotlines
    import_into(a, 1)
    a.run(
        "lists",
        "set-terms",
        "Licensed",
        "--terms",
        "To hotlines alone",
        "--serves",
        "crawler,exchange",
        "--allowed",
        "act",
    )
    item_a = a.tell("judge", seed=1, remove=True, series="A title that stays here")

    # B gets all of it, and judges the same picture otherwise
    assert b.tell("pull") == ""
    assert b.tell("standing")["entries"]["Theirs"] == LICENSED + 1
    item_b = b.tell("judge", seed=1, remove=False)
    b.tell("say")
    shown_a, shown_b = a.tell("page", item=item_a), b.tell("page", item=item_b)
    require(shown_a, "Hotline B : No action", "under criteria", "disagrees")
    require(shown_b, "Hotline A : Removal", "under criteria", "series ser_", "disagrees")
    assert "A title" not in shown_b
    assert (a.tell("standing")["verdicts"], b.tell("standing")["verdicts"]) == (["remove"], ["no_action"])

    # the other way round they are of one mind
    item_b2 = b.tell("judge", seed=2, remove=True)
    assert a.tell("pull") == ""
    item_a2 = a.tell("judge", seed=2, remove=True)
    a.tell("say")
    for installation, item, partner in ((a, item_a2, b), (b, item_b2, a)):
        shown = installation.tell("page", item=item)
        assert f"{partner.name} : Removal" in shown, shown
        assert "disagrees" not in shown

    # A ends it between two pages of a pull by B
    assert b.tell("pull") == ""
    import_into(a, 100_001)
    before = b.tell("standing")["entries"]["Theirs"]
    asked, pages = a.requests, a.pages
    with_b = a.tell("agreement", partner=b.name)
    a.on_page = lambda page: a.end(with_b) if page == pages + 1 else None
    assert b.tell("pull")
    assert (a.pages, a.requests) == (pages + 1, asked + 2), "one page, and a refusal"
    middle = b.tell("standing")
    assert middle["entries"]["Theirs"] == before + 1_000
    nothing_passes(a, b, seed=3)
    for each in hotlines:
        each.stop()
        each.start()
    nothing_passes(a, b, seed=5)
    assert b.tell("standing")["entries"]["Theirs"] == middle["entries"]["Theirs"]

    # they agree anew; then B ends it, between two pages again: it does not ask for the second one
    a.run("agreements", "add", b.name, "--title", "Anew")
    time.sleep(REMEMBERED_S)
    asked, pages = a.requests, a.pages
    with_a = b.tell("agreement", partner=a.name)  # asked now: the desk is busy while it pulls
    a.on_page = lambda page: b.end(with_a) if page == pages + 1 else None
    assert "Hotline A" in b.tell("pull")
    assert (a.pages, a.requests) == (pages + 1, asked + 1)
    assert b.tell("standing")["entries"]["Theirs"] == middle["entries"]["Theirs"], "what was on its way is not kept"
    nothing_passes(b, a, seed=7)

    # once both agree the rest comes, and nothing twice
    b.run("agreements", "add", a.name, "--title", "Anew")
    time.sleep(REMEMBERED_S)
    for each in hotlines:
        assert each.tell("pull") == ""
        each.tell("say")
    standing = {each.name: each.tell("standing") for each in hotlines}
    decided = [1, 2, 3, 5, 7]  # by A, for removal
    assert standing[b.name]["entries"]["Theirs"] == 2 * LICENSED + len(decided)
    assert {each["twice"] for each in standing.values()} == {0}
    soak_figures(standing=standing, requests={each.name: each.requests for each in hotlines})


def require(shown: str, *words: str) -> None:
    assert [each for each in words if each not in shown] == [], shown


def nothing_passes(ended: Installation, other: Installation, seed: int) -> None:
    """Neither entries nor feedback, whoever asks and whatever is decided meanwhile."""
    for each in (ended, other):
        each.tell("judge", seed=seed, remove=True)
        each.tell("judge", seed=1_000 + seed, remove=False)
    before = {each.name: each.tell("standing") for each in (ended, other)}
    asked = other.requests
    assert ended.tell("pull")
    ended.tell("say")
    assert other.requests == asked, "the one that ended it asks for nothing and says nothing"
    pages = ended.pages
    assert other.tell("pull")
    other.tell("say")
    assert ended.pages == pages
    for each in (ended, other):
        after = each.tell("standing")
        for kept in ("entries", "hashes", "opinions", "stated"):
            assert after[kept] == before[each.name][kept], kept
