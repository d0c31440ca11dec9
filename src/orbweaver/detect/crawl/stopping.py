"""A lead that a person stops: what it led to is not fetched, until somebody resumes it or another lead comes upon it.

What waits is put off without a moment at which it is due (``FrontierUrl.due_at``), a batch at a time, as what no quick
attempt is left for: nobody waits for it. What a crawler has in hand at that moment comes to its end; whoever records
what a stopped lead led to holds back what it added, and the rest of a lead too large for one request (``hold_back``).
What is to be seen for a report is fetched all the same.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Final

from django.db import connection, transaction

from orbweaver.detect.crawl.models import Lead, StoppedLead
from orbweaver.detect.crawl.sites import SiteChanges, apply_changes
from orbweaver.detect.crawl.statements import in_the_order_of_an_index, named
from orbweaver.people.accounts.models import User
from orbweaver.people.audit.services import record
from orbweaver.platform.shared_clock import shared_now

BATCH: Final = 5000
BATCHES_A_REQUEST: Final = 40
"""Of what one person's click does at once: 200,000 addresses, in seconds."""

_HOLD_WAITING = named("""
WITH chosen AS (
    SELECT id FROM crawl_frontierurl WHERE lead_id = %(lead)s AND state = {State.WAITING} AND report_id IS NULL
    ORDER BY site_id, priority, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE crawl_frontierurl SET state = {State.LATER}, due_at = NULL, attempts = GREATEST(attempts, {rules.QUICK_ATTEMPTS})
WHERE id = ANY(ARRAY(SELECT id FROM chosen))
""")
_HOLD_PUT_OFF = named("""
WITH chosen AS (
    SELECT id FROM crawl_frontierurl
    WHERE lead_id = %(lead)s AND state = {State.LATER} AND due_at IS NOT NULL AND report_id IS NULL
    ORDER BY attempts LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE crawl_frontierurl SET due_at = NULL, attempts = GREATEST(attempts, {rules.QUICK_ATTEMPTS})
WHERE id = ANY(ARRAY(SELECT id FROM chosen))
""")
_LET_WAIT = named("""
WITH chosen AS (
    SELECT id FROM crawl_frontierurl WHERE lead_id = %(lead)s AND state = {State.LATER} AND due_at IS NULL
    ORDER BY attempts LIMIT %(most)s FOR UPDATE
)
UPDATE crawl_frontierurl SET state = {State.WAITING}, attempts = 0 WHERE id = ANY(ARRAY(SELECT id FROM chosen))
RETURNING site_id, priority, id
""")
"""Rows that others hold are left out by those who hold back, and by nobody who lets wait: nothing may be forgotten."""


def stop_lead(lead: Lead, *, by: User, now: dt.datetime) -> None:
    """Fetch no more of what this lead led to. Does nothing where it is stopped already. ``now`` is domain time."""
    with transaction.atomic():
        # crawlers that record a page of it hold it too (``services.hold_leads``): they are done, or see the stop
        Lead.objects.select_for_update().get(pk=lead.pk)
        _, is_new = StoppedLead.objects.get_or_create(lead=lead, defaults={"stopped_at": now})
        if is_new:
            record("lead.stopped", lead.public_id, actor=by, at=now)
    for _ in range(BATCHES_A_REQUEST):
        if hold_back(lead.pk) == 0:
            break


def hold_back(lead_id: int) -> int:
    """Put off a batch of what waits because of a stopped lead; returns how many addresses."""
    wanted = {"lead": lead_id, "most": BATCH}
    held = 0
    with in_the_order_of_an_index() as cursor:
        for statement in (_HOLD_WAITING, _HOLD_PUT_OFF):
            cursor.execute(statement, wanted)
            held += cursor.rowcount
    return held


def stopped_among(lead_ids: Collection[int]) -> set[int]:
    """Those of these leads that are stopped, by number; where no stop may be missed, after their rows were locked."""
    return set(StoppedLead.objects.filter(lead__in=lead_ids).values_list("lead", flat=True)) if lead_ids else set()


def resume_lead(lead: Lead, *, by: User, now: dt.datetime) -> None:
    """Let wait what was stopped. Does nothing where it is not stopped."""
    with transaction.atomic():
        Lead.objects.select_for_update(no_key=True).get(pk=lead.pk)
        gone, _ = StoppedLead.objects.filter(lead=lead).delete()
        if gone:
            record("lead.resumed", lead.public_id, actor=by, at=now)
    while gone and _let_wait(lead.pk):
        pass


@transaction.atomic
def _let_wait(lead_id: int) -> int:
    changes = SiteChanges()
    wanted: dict[str, Any] = {"lead": lead_id, "most": BATCH}
    with connection.cursor() as cursor:
        cursor.execute(_LET_WAIT, wanted)
        rows = cursor.fetchall()
    for site_id, priority, number in rows:
        changes.waits(site_id, priority, number)
    apply_changes(changes, now=shared_now())
    return len(rows)
