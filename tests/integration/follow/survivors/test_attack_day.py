"""An abuser's day: forms, guessed numbers, reports, keys, mail and figures do not tell whether somebody asked."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.follow.survivors.services import hand_on
from orbweaver.platform.clock import now

from ...conftest import World
from .outsider import Outsider, Seen, in_turns, limit, told_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from orbweaver.people.accounts.models import Organisation

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("hotline"), pytest.mark.soak]

KNOWN = "https://images.example/albums/500/me.png"
OFF_LIST = "https://images.example/albums/501/no.png"
PAIRS = 1_000
PUBLIC = (
    "/public/", "/public/responses/", "/public/removal/", "/public/providers/", "/public/countries/",
    "/public/coverage/", "/public/reports/", "/public/criteria/", "/robots.txt", "/healthz",
    "/info/", "/info/help/", "/info/follow/", "/info/privacy/",
)  # fmt: skip
OF_THE_VISIT = re.compile(rb"chart-\d+")
"""The numbers by which a page names its charts. The time of a visit stands (``clock_speed``)."""


def asks(outsider: Outsider, url: str, form: str, **more: str) -> Seen:
    said = {"capacity": "child", "danger": "no", "aim": "picture", "urls": url, "form": form}
    return outsider.form("/info/ask/", **{**said, **more})


def never_seen(number: int) -> str:
    """An address that nobody knows, as long as the one that somebody asked about."""
    return f"https://images.example/albums/{number % 900 + 100}/{'ab'[number // 900 % 2]}x.png"


def test_a_thousand_pairs_of_forms_and_guesses_tell_no_more_than_chance(
    live_server: Any, world: World, soak_figures: Callable[..., None], set_config: Callable[..., None]
) -> None:
    from orbweaver.follow.survivors.models import Request

    outsider = Outsider(live_server.url)
    asks(outsider, KNOWN, "the survivor's")
    hand_on(now() + dt.timedelta(hours=8))
    world.verdict(KNOWN)
    number = Request.objects.get().reference
    shown, _ = outsider.shown("/info/follow/", "form")
    set_config(public_reports_per_hour=0)
    token, cookie = outsider.shown("/public/report/", "csrfmiddlewaretoken")

    def guess(reference: str) -> Seen:
        return outsider.form("/info/follow/", reference=reference, secret="abcdefghjkmnpqrs", form=shown)

    def report(url: str) -> Seen:
        seen = outsider.form("/public/report/", cookie, url=url, csrfmiddlewaretoken=token)
        assert seen.said[0] == 302, seen
        return seen

    figures = {}
    for name, count, known, new in (
        ("asked", PAIRS, lambda n: asks(outsider, KNOWN, f"k{n}"), lambda n: asks(outsider, never_seen(n), f"n{n}")),
        ("guessed", PAIRS, lambda _: guess(number), lambda n: guess(f"{n:010d}")),
        ("reported", 100, lambda _: report(KNOWN), lambda n: report(never_seen(n))),
    ):
        in_turns(5, known, new)
        figures[name] = told_apart(in_turns(count, known, new)) | {"limit": limit(count), "pairs": count}
    soak_figures(**figures)
    for found in figures.values():
        assert max(found["text"], found["length"]) <= 1 / found["pairs"], (
            figures
        )  # the day of the first news may change
        assert found["time"] < found["limit"], figures


def test_what_anybody_or_a_key_can_read_is_the_same_after_somebody_asked(  # of scans: test_no_oracle
    live_server: Any, world: World, organisation: Organisation, monkeypatch: Any, set_config: Callable[..., None]
) -> None:
    from orbweaver.account_for.transparency import datasets
    from orbweaver.account_for.transparency.folding import keep_up
    from orbweaver.doors.workers.due import Worker
    from orbweaver.fingerprints import fingerprint
    from orbweaver.people.accounts.rules import KEY_SCOPES
    from orbweaver.people.accounts.services import create_api_key
    from orbweaver_trials.demo.pictures import edited

    set_config(clock_speed=0, clock_epoch=now())  # each public page names the day: a midnight between would tell
    left: list[object] = []
    monkeypatch.setattr("smtplib.SMTP.send_message", lambda *_, **__: left.append(1))
    world.verdict(KNOWN)
    outsider = Outsider(live_server.url)
    key = create_api_key(organisation, "an abuser's", list(KEY_SCOPES), now())
    allowed = {"Authorization": f"Bearer {key}"}
    files = [f"/public/data/{name}.{form}" for name in datasets.ALL for form in ("csv", "json")]
    queries = ("/abuse-signal/v1/abusestatuses", "/abuse-signal/v1/notices")

    def look() -> dict[str, tuple[int, bytes]]:
        Worker().run_once()
        keep_up()
        seen = {path: outsider.send("GET", path).said for path in (*PUBLIC, *files)}
        seen |= {path: outsider.send("GET", path, headers=allowed).said for path in queries}
        kept = {path: (status, OF_THE_VISIT.sub(b"", body)) for path, (status, _, body) in seen.items()}
        return {**kept, "mail": (200, bytes(len(left)))}

    look()  # the verdict becomes a notice
    before = look()
    assert all(said[0] == 200 for said in before.values()), before
    prints = fingerprint(edited(4))
    hashes = f"sha256:{prints.sha256.hex()}\nmd5:{prints.md5.hex()}\npdq:{(prints.pdq or b'').hex()}"
    assert asks(outsider, OFF_LIST, "a survivor's", hashes=hashes).said[0] == 200
    after = look()
    assert [path for path, said in after.items() if said != before[path]] == []
