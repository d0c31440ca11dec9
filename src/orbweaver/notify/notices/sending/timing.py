"""How long a verdict waits for its notice: the figure by which a confirming answer is shown to delay nothing."""

from __future__ import annotations

import datetime as dt

from django.db import connection

VERDICT_TO_NOTICE = """
WITH recent AS MATERIALIZED (
    SELECT id, told_at FROM notices_notice WHERE told_at > %(since)s AND told_at <= %(now)s
),
told AS (
    SELECT v.decided_at, min(n.told_at) AS sent_at
    FROM recent n
    JOIN notices_noticeurl u ON u.notice_id = n.id
    JOIN review_verdict v ON v.id = u.verdict_id
    WHERE v.decided_at > %(since)s
    GROUP BY v.id, v.decided_at
)
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - decided_at)) FROM told
"""
"""First the notices of that time, which are fewer than its verdicts: asked all at once, PostgreSQL reads all years'."""


PERIOD = dt.timedelta(days=30)
"""Verdicts of so long are looked at: what is slow now must not be hidden by years that were not."""


def median_verdict_to_notice_s(now: dt.datetime) -> float | None:
    """Domain seconds from a verdict of the last thirty days to its first message that left: half took no longer.

    None while none has left. Holds the minute in which an answer can be taken back, and the wait for a contact where
    there was none.
    """
    with connection.cursor() as cursor:
        cursor.execute(VERDICT_TO_NOTICE, {"now": now, "since": now - PERIOD})
        (median,) = cursor.fetchone()
    return None if median is None else float(median)
