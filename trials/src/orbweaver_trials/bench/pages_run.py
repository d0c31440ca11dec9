"""The part of ``orbweaver bench pages`` that has a database: fills it, serves it, loads its pages.

In the environment of a sample that was seeded before. Prints one JSON object on its last line.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from orbweaver.doors.cli.session import open_session
from orbweaver.errors import Unavailable
from orbweaver.platform.runtime.database import database
from orbweaver.platform.settings import PlatformSettings
from orbweaver_trials.sample.people import PASSWORD, SIGN_INS

ANALYSTS: Final = 10
LEADING_NOWHERE: Final = 3
"""Items of the sample that are answered with nothing to act on, to be copied most."""
START_S: Final = 240.0


def fill(items: int, notices: int) -> dict[str, Any]:
    """Analysts, and so many items and notices; what there is now, and the seconds that took. Within a session."""
    for email in analysts():
        _make_analyst(email)
    _answer_some()
    began = time.monotonic()
    counts = _fill(items, notices)
    return {"counts": counts, "filled_s": time.monotonic() - began}


def measure(rounds: int, base: str) -> dict[str, Any]:
    """Load each page of each role so often while the analysts are at work. Within a session."""
    from django.db import connections

    from orbweaver_trials.bench.pages_addresses import NOBODY, pages
    from orbweaver_trials.bench.pages_visits import watch

    opened, without = pages()
    connections.close_all()
    people = {roles[0].value: email for email, roles in SIGN_INS.items() if len(roles) == 1} | {NOBODY: ""}
    with _serving(int(base.rpartition(":")[2])):
        found, work = asyncio.run(watch(base, people, analysts(), PASSWORD, opened, rounds))
    return {
        "pages": [
            {
                "page": page.name,
                "role": page.role,
                "status": visits.status,
                "is_file": visits.is_file,
                "p50": statistics.median(visits.milliseconds),
                "p95": p95(visits.milliseconds),
                "queries": max(visits.queries, default=0),
                "kB": visits.size / 1000,
            }
            for page, visits in found.items()
        ],
        "without": without,
        "work": {"items": work.items, "looks": work.looks, "refused": work.refused},
    }


def p95(values: list[float]) -> float:
    """The value that one in twenty exceeds."""
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


def analysts() -> list[str]:
    """Addresses of the analysts at work, beside those of the sample."""
    return [f"at-work-{number}@sample.example" for number in range(ANALYSTS)]


def _make_analyst(email: str) -> None:
    from orbweaver.people.accounts.models import Organisation
    from orbweaver.people.accounts.rules import Role
    from orbweaver.people.accounts.services import create_person, record_training
    from orbweaver.platform.clock import now

    home = Organisation.objects.get(kind="hotline")
    person = create_person(
        email=email, display_name=email.partition("@")[0], organisation=home, roles=[Role.ANALYST],
        password=PASSWORD, by=None, now=now(),
    )  # fmt: skip
    record_training(person, "Sexual maturation, benchmark", now().date())


def _answer_some() -> None:
    """Decide a few items by two analysts who see nothing to act on."""
    from orbweaver.assess.criteria import Answers
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.assess.review.services import record_assessment, take
    from orbweaver.people.accounts.models import User
    from orbweaver.platform.clock import now

    waiting = ReviewItem.objects.filter(state="waiting", assessments=None).order_by("pk")[:LEADING_NOWHERE]
    both = User.objects.filter(email__startswith="at-work-").order_by("pk")[:2]
    for item in waiting:
        for analyst in both:
            held = take(item.public_id, analyst, now())
            record_assessment(item.public_id, analyst, Answers(is_child=False, is_harmed=False), held.version, now())


def _fill(items: int, notices: int) -> dict[str, int]:
    from django.db import connection

    from orbweaver.account_for.transparency.folding import rebuild
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.doors.cli.session import administrator_address
    from orbweaver.notify.notices.models import Notice
    from orbweaver.people.audit.separation import lent_back
    from orbweaver_trials.bench.pages_copies import multiply

    copies = max(1, notices // Notice.objects.count())
    seen_only = max(1, (items - copies * ReviewItem.objects.count()) // LEADING_NOWHERE)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET maintenance_work_mem = '256MB'; SET work_mem = '64MB'")
        with lent_back(administrator_address()):
            counts = multiply(copies, seen_only)
        rebuild()
        cursor.execute("VACUUM ANALYZE")
    _link_pictures()
    return {
        "items": counts["review_reviewitem"],
        "notices": counts["notices_notice"],
        "sightings": counts["matching_sighting"],
        "decisions": counts["review_verdict"],
        "series": counts["series_victimseries"],
        "providers": counts["providers_provider"],
        "rows": sum(counts.values()),
    }


def _link_pictures() -> None:
    """The copies that can be taken have files, those of the pictures that they are copies of."""
    from orbweaver.assess.review.clusters import OPEN
    from orbweaver.assess.review.models import ReviewItem
    from orbweaver.detect.evidence.stores import evidence_dir

    can_be_taken = ReviewItem.objects.filter(OPEN, media__evidence__erased_at=None)
    for name in can_be_taken.values_list("media__evidence__file_name", flat=True).iterator():
        original, dash, _ = (name or "").partition("-")
        copy = evidence_dir() / (name or "")
        if dash and not copy.exists():
            copy.hardlink_to(evidence_dir() / f"{original}.age")


@contextmanager
def _serving(port: int) -> Iterator[None]:
    """The web server as an installation runs it. Raises Unavailable."""
    server = subprocess.Popen(
        [sys.executable, "-P", "-m", "orbweaver", "web", "--port", str(port)], stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + START_S
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise Unavailable("The pages did not start, so there is nothing to measure.")
            time.sleep(0.2)
        yield
    finally:
        server.terminate()
        server.wait(60)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def main(order: dict[str, Any]) -> None:
    """Fill, or measure, and print. What is measured has the database as an installation has it: with its memory, and
    each answer of an analyst written to the disk."""
    filling = "items" in order
    with database(PlatformSettings.current(), fast=filling), open_session():
        if filling:
            found = fill(order["items"], order["notices"])
        else:
            found = measure(order["rounds"], PlatformSettings.current().base_url)
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orbweaver.platform.django_settings")
    main(json.loads(sys.argv[1]))
