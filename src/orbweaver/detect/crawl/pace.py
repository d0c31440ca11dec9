"""How fast a host is asked after a batch of its answers, as SQL: the head of ``rules`` gives the rule.

The database computes it in the statement that changes the host's row, so that nobody holds the row while a client
thinks. ``s`` is the row and ``n`` what the batch says of it (``rules.Answers``); ``%(delay)s`` and ``%(concurrency)s``
are what holds for hosts without settings of their own.
"""

from __future__ import annotations

from typing import Final

from orbweaver.detect.crawl.statements import named

NEXT: Final = named("""
CROSS JOIN LATERAL (
    SELECT COALESCE(s.delay_s, GREATEST(s.robots_delay_s, %(delay)s::float8)) AS base,
        COALESCE(NULLIF(COALESCE(s.concurrency, %(concurrency)s), 0), {rules.UNBOUNDED_SLOTS})::float8 AS most,
        n.seconds / NULLIF(n.measured, 0) AS mean
) given
CROSS JOIN LATERAL (
    SELECT LEAST(COALESCE(s.slots, given.most), given.most) AS slots,
        CASE WHEN given.mean IS NULL THEN s.latency_s WHEN s.latency_s = 0 THEN given.mean
            ELSE given.mean + (s.latency_s - given.mean) * power(1 - {rules.LATENCY_WEIGHT}, n.measured)
        END AS latency
) known
CROSS JOIN LATERAL (
    SELECT LEAST(GREATEST(2 * GREATEST(s.pace_s, given.base), {rules.FIRST_PACE_S}),
            GREATEST({rules.PACE_MAX_S}, given.base)) AS busy,
        GREATEST(s.pace_s * power({rules.RECOVERY}, n.good), CASE WHEN given.base > 0
            THEN GREATEST(given.base, LEAST({rules.LATENCY_SHARE} * known.latency, {rules.PACE_MAX_S})) ELSE 0
        END) AS good,
        known.slots + {rules.SLOT_RECOVERY} * n.good AS slots
) after
CROSS JOIN LATERAL (
    SELECT CASE WHEN n.busy > 0 THEN after.busy WHEN after.good > GREATEST(given.base, {rules.LEAST_PACE_S})
            THEN after.good ELSE 0 END AS delay,
        CASE WHEN n.busy > 0 THEN GREATEST(1, known.slots / 2) WHEN after.slots < given.most THEN after.slots
        END AS slots, known.latency
) pace
CROSS JOIN LATERAL (
    SELECT n.good + n.busy > 0 AND (n.busy > 0 OR pace.slots IS DISTINCT FROM s.slots
        OR abs(pace.delay - s.pace_s) > {rules.SAME_PACE} * s.pace_s
        OR abs(pace.latency - s.latency_s) > {rules.SAME_LATENCY} * s.latency_s) AS is_news
) told
""")
"""``pace.delay``, ``pace.latency`` and ``pace.slots`` are the next ones; ``told.is_news`` says whether they differ by
enough to be written down."""
