"""How much waits in the whole installation, and for how long: figures for whoever is on call.

Where work waits says the table of duties (``duties.py``); a new duty has its age here by standing there. Nothing is
read that grows with what is done: the oldest of what is due by an index, numbers up to a bound.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from time import monotonic
from typing import Any, Final

from django.apps import apps
from django.db import Error, connection
from django.db.models import Exists, OuterRef, QuerySet
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from orbweaver.detect.crawl import away
from orbweaver.detect.crawl.models import CrawlWorker, FrontierUrl
from orbweaver.doors.due import Found, Waits
from orbweaver.doors.duties import DUTIES
from orbweaver.follow.recheck.models import RecheckTarget
from orbweaver.follow.recheck.rules import SECOND_NETWORK
from orbweaver.notify.notices.models import OutboxMessage, ToNotify
from orbweaver.notify.notices.rules import WAITING, OutboxState
from orbweaver.platform.clock import get_clock, now
from orbweaver.platform.counting import up_to

KEPT_S: Final = 5.0
"""Seconds for which figures are not read again, however many ask."""
COUNTED: Final = 10_000
"""The largest number that is counted; it stands for all that are larger."""
REAL_TIMES: Final = frozenset({"accounts.PasswordRequest", "matching.Match", "linking.Neighbour", "review.ReviewItem"})
"""Models whose times are real in a demonstration, too."""


class Installation(Collector):
    """Reads the database at most every ``KEPT_S``; where it does not answer, it says that and nothing else."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = -KEPT_S
        self._last: list[Metric] = []

    def describe(self) -> list[Metric]:
        """Nothing: the library would ask the database for it when this is registered."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The figures."""
        with self._lock:
            if monotonic() - self._read_at >= KEPT_S:
                self._last = self._read()
                self._read_at = monotonic()
            yield from self._last

    def _read(self) -> list[Metric]:
        answers = GaugeMetricFamily("orbweaver_database_up", "Whether the database answered with the figures below.")
        try:
            found = [_due(), *_notices(), *_crawl(), _unconfirmed(), _replicas()]
        except Error:
            answers.add_metric([], 0)
            return [answers]
        answers.add_metric([], 1)
        return [answers, *found]


def _due() -> Metric:
    ages = GaugeMetricFamily(
        "orbweaver_duty_overdue_seconds", "How long the oldest of what is due has been so, by duty.", labels=["duty"]
    )
    for name, seconds in overdue_by_duty(now()).items():
        ages.add_metric([name], seconds)
    return ages


def overdue_by_duty(at: dt.datetime) -> dict[str, float]:
    """Real seconds for which the oldest of what is due has been so, by duty; 0 where nothing is late."""
    found = {}
    for each in DUTIES:
        if each.waits.found is Found.TIME and each.waits.where not in REAL_TIMES:
            found[each.name] = _overdue_s(_rows(each.waits), each.waits.field, at)
    return found


def _rows(waits: Waits) -> QuerySet[Any]:
    rows: QuerySet[Any] = apps.get_model(waits.where)._default_manager.filter(**dict(waits.only))
    return rows if waits.but is None else rows.exclude(Exists(waits.but().filter(pk=OuterRef("pk"))))


def _overdue_s(rows: QuerySet[Any], field: str, at: dt.datetime) -> float:
    """Real seconds for which the first has been due; 0 where none is."""
    first = rows.filter(**{f"{field}__lt": at}).order_by(field).values_list(field, flat=True).first()
    return 0.0 if first is None else max(0.0, get_clock().real_seconds(at - first))


def _notices() -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "orbweaver_verdicts_to_notify", f"Verdicts whose notices are not written, up to {COUNTED}."
    )
    waiting.add_metric([], up_to(ToNotify.objects.all(), COUNTED).n)
    yield waiting
    oldest = GaugeMetricFamily("orbweaver_oldest_due_notice_seconds", "How long the oldest due notice is not written.")
    oldest.add_metric([], _overdue_s(ToNotify.objects.all(), "due_at", now()))
    yield oldest
    messages = GaugeMetricFamily(
        "orbweaver_messages",
        f"Messages that may not have left, by state, up to {COUNTED}.",
        labels=["state"],
    )
    for state in (*WAITING, OutboxState.SENDING, OutboxState.UNCERTAIN):
        messages.add_metric([str(state)], up_to(OutboxMessage.objects.filter(state=state), COUNTED).n)
    yield messages


def _crawl() -> Iterator[Metric]:
    leased = FrontierUrl.objects.filter(state=FrontierUrl.State.LEASED)
    crawlers = GaugeMetricFamily("orbweaver_crawlers", "Crawlers that said lately that they live.")
    crawlers.add_metric([], CrawlWorker.objects.count())
    yield crawlers
    leases = GaugeMetricFamily("orbweaver_leases", f"Leased addresses, up to {COUNTED}.", labels=["owner"])
    lost = leased.exclude(worker_id__in=CrawlWorker.objects.values("pk"))
    leases.add_metric(["any"], up_to(leased, COUNTED).n)
    leases.add_metric(["nobody"], up_to(lost, COUNTED).n)
    yield leases
    waiting = GaugeMetricFamily(
        "orbweaver_frontier", "Addresses that wait or are put off, as the database estimates.", labels=["state"]
    )
    for label, index in (("waiting", "frontier_waiting"), ("later", "frontier_later")):
        waiting.add_metric([label], _entries_of(index))
    yield waiting
    addresses = GaugeMetricFamily(
        "orbweaver_addresses",
        "Addresses in the frontier, whatever their state, and those that left it, as the database estimates.",
        labels=["where"],
    )
    addresses.add_metric(["frontier"], away.in_frontier())
    addresses.add_metric(["away"], away.estimated())
    yield addresses


def _entries_of(index: str) -> int:
    """Entries of a partial index as last vacuumed or analysed: to count them would be to read them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT GREATEST(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass", [index])
        return int(cursor.fetchone()[0])


def _unconfirmed() -> Metric:
    """Where the second network is away no removal is confirmed, and nothing else of the program stands still."""
    gone = GaugeMetricFamily(
        "orbweaver_removals_unconfirmed",
        f"Addresses that are gone for us while the second network could not be asked, up to {COUNTED}.",
    )
    gone.add_metric([], up_to(RecheckTarget.objects.filter(reason=SECOND_NETWORK), COUNTED).n)
    return gone


def _replicas() -> Metric:
    lag = GaugeMetricFamily(
        "orbweaver_replica_lag_bytes", "What the standby furthest behind has not replayed; 0 without a standby."
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 0) FROM pg_stat_replication"
            " WHERE NOT pg_is_in_recovery()"
        )
        lag.add_metric([], float(cursor.fetchone()[0]))
    return lag
