"""An abuser who asks, reports, scans and reads figures to learn whether somebody has asked learns nothing."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from orbweaver.detect.hashlists.models import HashList
from orbweaver.detect.intake.models import AskedHash, Report
from orbweaver.detect.intake.rules import AskedFor
from orbweaver.detect.intake.services import ask_for_hashes, submit_report
from orbweaver.follow.survivors.models import Request
from orbweaver.follow.survivors.services import hand_on
from orbweaver.people.accounts.rules import KEY_SCOPES, Permission
from orbweaver.people.accounts.services import create_api_key
from orbweaver.platform.clock import now

from ...conftest import World
from .outsider import advantage, limit

if TYPE_CHECKING:
    from orbweaver.people.accounts.models import Organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("hotline")]

KNOWN = "https://images.example/me.png"


def post(client: Any, url: str, form: str) -> Any:
    sent = {"capacity": "child", "danger": "no", "aim": "picture", "urls": url, "form": form}
    answer = client.post("/info/ask/", sent)
    assert answer.status_code == 200
    return answer


def make_known(client: Any, world: World) -> None:
    """Somebody asked for it, the crawler has it, it was seen and is to be removed."""
    post(client, KNOWN, "the survivor's")
    hand_on(now())
    world.verdict(KNOWN)


def statements(client: Any, url: str, form: str) -> list[str]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        post(client, url, form)
    return [re.sub(r"'[^']*'|\b\d+\b|[0-9a-f]{6,}|\bs\d+_x\d+", "?", each["sql"]) for each in captured]


def test_nobody_who_has_the_number_of_a_survivors_report_reads_where_it_stands(
    client: Any, world: World, organisation: Organisation
) -> None:
    make_known(client, world)
    key = create_api_key(organisation, "partner", list(KEY_SCOPES), now())
    allowed = {"Authorization": f"Bearer {key}"}

    def statuses(report: Report) -> list[int]:
        name = report.public_id
        signal = name.replace("rep_", "report")
        paths = (f"/public/report/{name}/", f"/api/v1/reports/{name}", f"/abuse-signal/v1/abuse/{signal}")
        return [client.get(path, headers=allowed).status_code for path in paths]

    assert statuses(submit_report(KNOWN, source=Report.Source.PARTNER, now=now())) == [200, 200, 200]
    assert statuses(Report.objects.get(source=Report.Source.SURVIVOR)) == [404, 404, 404]


def test_an_answer_asks_the_database_the_same_whether_or_not_somebody_asked_before(client: Any, world: World) -> None:
    make_known(client, world)
    post(client, "https://warm.example/", "0")
    assert statements(client, KNOWN, "1") == statements(client, "https://images.example/no.png", "2")


def test_a_difference_in_time_would_be_seen() -> None:
    assert advantage([1.0] * 50, [2.0] * 50) == 0.5
    assert advantage([1.0, 4.0], [2.0, 3.0]) == 0.25


def pairs_of(client: Any, count: int) -> tuple[list[float], list[float]]:
    """Seconds of that many answers about what is known and about what is not, in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(2 * count):
        url = KNOWN if number % 2 else f"https://images.example/{number:04d}.png"[: len(KNOWN)].ljust(len(KNOWN), "x")
        begun = time.perf_counter()
        post(client, url, f"{number:05d}")
        times[number % 2].append(time.perf_counter() - begun)
    return times


def test_the_time_of_an_answer_does_not_tell_whether_somebody_asked_before(client: Any, world: World) -> None:
    make_known(client, world)
    pairs_of(client, 5)
    assert advantage(*reversed(pairs_of(client, 60))) < limit(60)


def test_no_scan_list_export_or_figure_tells_a_survivors_hash(
    client: Any, organisation: Organisation, world: World
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from orbweaver.account_for.transparency.folding import keep_up
    from orbweaver.detect.hashlists.selectors import last_change
    from orbweaver.fingerprints import fingerprint
    from orbweaver_trials.demo.pictures import edited

    body = edited(4)
    key = create_api_key(organisation, "abuser", [Permission.SCAN_USE], now())

    def look() -> tuple[Any, int, Any, Any, int]:
        keep_up()
        with CaptureQueriesContext(connection) as captured:
            scanned = client.generic("POST", "/api/v1/scan", body, headers={"Authorization": f"Bearer {key}"})
        figures = client.get("/public/").content
        return scanned.json(), len(captured), figures, last_change(), HashList.objects.count()

    look()
    before = look()
    prints = fingerprint(body)
    assert prints.pdq is not None
    asked = [("sha256", prints.sha256), ("md5", prints.md5), ("pdq", prints.pdq)]
    ask_for_hashes([AskedFor(kind, value) for kind, value in asked], now())
    assert AskedHash.objects.count() == 3
    after = look()
    assert (after[0], after[1], after[3], after[4]) == (before[0], before[1], before[3], before[4])
    clock = rb"\d\d:\d\d(:\d\d)?"
    assert re.sub(clock, b"", after[2]) == re.sub(clock, b"", before[2])
    assert not Request.objects.exists()
