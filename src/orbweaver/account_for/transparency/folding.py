"""Works what changed into the summaries, and builds them anew. See docs/adr on figures kept up to date.

``bring_up_to_date`` takes the changes that triggers noted, works each changed address out anew from the domain's
tables, and moves the tallies by the difference between what it counted as before and what it counts as now. Doing it
twice changes nothing; what is committed meanwhile has noted itself and comes next. One process at a time does it,
behind an advisory lock.
"""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from orbweaver.account_for.transparency.models import Built, Tally
from orbweaver.account_for.transparency.survival import PER_DOUBLING
from orbweaver.errors import Unavailable
from orbweaver.notify.notices.rules import PushBackReason

VERSION: Final = 2
"""Grows with every change of what is counted below; the summaries of another version are built anew."""

BATCH: Final = 2_000
"""Changes that are worked in within one transaction."""

SMALL: Final = 20_000
"""Notified URLs up to which summaries are built by whoever needs them; above, the worker builds them."""

LOCK: Final = 0x0F19
"""Number of the advisory lock."""

QUESTIONS: Final = (PushBackReason.NOT_A_CHILD, PushBackReason.NOT_ILLEGAL, PushBackReason.WANTS_PROOF_OF_AGE)
"""R53: push-backs that question the material, not who is to act."""

_COLUMNS: Final = (
    "url_key, status, sent_at, decided_at, removed_s, provider_id, country, notice_type, sub_type, category, "
    "age_class, identified, straddles, questioned, reappearances"
)

_PLACES: Final = f"""
SELECT g.url_key,
    CASE WHEN NOT g.gone THEN 'open' WHEN g.gone_at >= g.sent_at THEN 'removed' ELSE 'before' END,
    g.sent_at, g.decided_at,
    CASE WHEN g.gone AND g.gone_at >= g.sent_at THEN extract(epoch FROM g.gone_at - g.sent_at) END,
    coalesce(f.provider_id, 0), f.country, f.notice_type, f.sub_type, v.category, v.age_class,
    v.identified = 'identified', v.straddles, g.questioned, g.reappearances
FROM (
    SELECT u.url_key, min(n.told_at) AS sent_at, min(w.decided_at) AS decided_at,
        bool_and(u.state = 'removed') AS gone, max(u.removed_at) AS gone_at,
        coalesce(sum(u.reappearances) FILTER (WHERE u.follows_id IS NULL), 0) AS reappearances,
        (array_agg(u.id ORDER BY n.route <> 'provider', n.told_at, u.id))[1] AS first_id,
        bool_or(EXISTS (SELECT 1 FROM notices_pushback p WHERE p.notice_id = n.id
            AND p.reason IN ({", ".join(f"'{each.value}'" for each in QUESTIONS)}))) AS questioned
    FROM notices_noticeurl u JOIN notices_notice n ON n.id = u.notice_id JOIN review_verdict w ON w.id = u.verdict_id
    WHERE n.told_at IS NOT NULL AND u.state <> 'withdrawn' AND {{which}} GROUP BY u.url_key
) g JOIN notices_noticeurl o ON o.id = g.first_id JOIN notices_notice f ON f.id = o.notice_id
JOIN review_verdict v ON v.id = o.verdict_id
"""
"""What each notified address counts as; one whose verdicts all fell on review (withdrawn) counts as nothing. Here
``identified`` is the verdict's word on the child."""

_STEP: Final = "floor({per} * ln(greatest({s}, 1)) / ln(2::float) + 1e-9)::int::text"
"""The step of a logarithmic grid, as ``survival.grid`` has it."""

_SINCE_VERDICT: Final = "p.removed_s + extract(epoch FROM p.sent_at - p.decided_at)::float"

_COUNTED: Final = f"""
SELECT c.figure, c.ref, c.key, count(*) AS n FROM {{places}} p CROSS JOIN LATERAL (VALUES
    ('place', 0, p.status, true),
    ('cell', 0, concat_ws('|', p.age_class, p.category, p.identified, p.status), true),
    ('cell_asked', 0, concat_ws('|', p.age_class, p.category, p.identified), p.questioned),
    ('cell_between', 0, concat_ws('|', p.age_class, p.category, p.identified), p.straddles),
    ('cell_open', 0, concat_ws('|', p.age_class, p.category, p.identified,
        floor(extract(epoch FROM p.sent_at) / 86400)::bigint), p.status = 'open'),
    ('of', p.provider_id, p.status, true),
    ('of_year', p.provider_id, concat_ws('|', to_char(p.sent_at AT TIME ZONE 'UTC', 'YYYY'), p.status), true),
    ('kind_year', 0, concat_ws('|', to_char(p.sent_at AT TIME ZONE 'UTC', 'YYYY'), p.notice_type, p.sub_type,
        p.status), true),
    ('of_asked', p.provider_id, '', p.questioned),
    ('of_back', p.provider_id, '', p.reappearances > 0),
    ('of_open', p.provider_id, floor(extract(epoch FROM p.sent_at) / 86400)::bigint::text, p.status = 'open'),
    ('in', 0, concat_ws('|', p.country, p.status), true),
    ('of_span', p.provider_id, {_STEP.format(per=4, s="p.removed_s")}, p.status = 'removed'),
    ('span', 0, {_STEP.format(per=PER_DOUBLING, s="p.removed_s")}, p.status = 'removed'),
    ('span_verdict', 0, {_STEP.format(per=PER_DOUBLING, s=_SINCE_VERDICT)}, p.status = 'removed'),
    ('open', 0, floor(extract(epoch FROM p.sent_at) / 3600)::bigint::text, p.status = 'open'),
    ('open_verdict', 0, floor(extract(epoch FROM p.decided_at) / 3600)::bigint::text, p.status = 'open'),
    ('back', 0, '', p.reappearances > 0),
    ('told', 0, to_char(p.sent_at AT TIME ZONE 'UTC', 'YYYY-MM'), true),
    ('gone', 0, to_char(p.sent_at AT TIME ZONE 'UTC' + make_interval(secs => p.removed_s), 'YYYY-MM'),
        p.status = 'removed')
) AS c (figure, ref, key, counts) WHERE c.counts GROUP BY 1, 2, 3
"""

_ADD: Final = """
INSERT INTO transparency_tally (figure, ref, key, n)
SELECT figure, ref, coalesce(key, ''), sum(n) FROM ({counted}) AS s GROUP BY 1, 2, 3 HAVING sum(n) <> 0
ON CONFLICT (figure, ref, key) DO UPDATE SET n = transparency_tally.n + excluded.n
"""

_SIMPLE: Final = {
    "notices": """
        SELECT c.figure, c.ref, c.key, count(*) AS n FROM notices_notice s, LATERAL transparency_notice_figures(
        s.told_at, s.provider_id, s.notice_type, s.sub_type, s.identified, s.state, s.held_reason,
        s.parent_id IS NOT NULL, s.route) c
        GROUP BY 1, 2, 3""",
    "push-backs": """
        SELECT 'pushback' AS figure, 0 AS ref,
        concat_ws('|', to_char(made_at AT TIME ZONE 'UTC', 'YYYY'), reason, outcome) AS key, count(*) AS n
        FROM notices_pushback GROUP BY 3""",
    "reminders": """
        SELECT 'reminder' AS figure, 0 AS ref, to_char(sent_at AT TIME ZONE 'UTC', 'YYYY') AS key, count(*) AS n
        FROM notices_outboxmessage WHERE state = 'sent' AND number > 0 AND sent_at IS NOT NULL GROUP BY 3""",
    "looks": "SELECT 'look' AS figure, 0 AS ref, '' AS key, count(*) AS n FROM review_look",
    "reports": """
        SELECT 'report' AS figure, 0 AS ref,
        concat_ws('|', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM'), source) AS key, count(*) AS n
        FROM intake_report GROUP BY 3""",
    "suspected": """
        SELECT 'suspected' AS figure, 0 AS ref, '' AS key, count(DISTINCT sighting_id) AS n FROM matching_match""",
    "returns": """
        SELECT 'return' AS figure, coalesce(provider_id, 0) AS ref, kind AS key, count(*) AS n
        FROM recheck_return GROUP BY 2, 3""",
    "verified": "SELECT 'verified' AS figure, 0 AS ref, '' AS key, count(*) AS n FROM transparency_verifiedmedium",
}


class FiguresNotReady(Unavailable):
    """The summaries are being built, after an upgrade or a restore."""

    code = "figures_not_ready"

    def __init__(self) -> None:
        super().__init__("The figures are being counted anew. Nothing is lost; come back in some minutes.")


def bring_up_to_date(limit: int = BATCH) -> int:
    """Work in up to ``limit`` changes of each kind; how many were. 0 too while another process is at it.

    Builds small summaries that are missing. Raises FiguresNotReady when large ones are missing: the worker builds them.
    """
    if not _is_built():
        if not _is_small():
            raise FiguresNotReady
        rebuild()
    with transaction.atomic(), connection.cursor() as cursor:
        if not _lock(cursor):
            return 0
        return _fold_deltas(cursor, limit) + _fold_media(cursor, limit) + _fold_places(cursor, limit)


def keep_up() -> int:
    """What the worker does again and again: build what is missing, else work in a batch; how much was done."""
    if not _is_built():
        rebuild()
        return 1
    done = bring_up_to_date()
    if done:
        Tally.objects.filter(n=0).delete()
    return done


def waiting() -> int:
    """How many changes wait to be worked in, counted up to 10,000."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT (SELECT count(*) FROM (SELECT 1 FROM transparency_changedplace LIMIT 10000) a)
                + (SELECT count(*) FROM (SELECT 1 FROM transparency_changedmedium LIMIT 10000) b)
                + (SELECT count(*) FROM (SELECT 1 FROM transparency_delta LIMIT 10000) c)""")
        return int(cursor.fetchone()[0])


def rebuild() -> None:
    """Build all summaries anew from the domain's tables, as of one instant; changes of meanwhile come next."""
    fresh = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if fresh:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        for table in ("delta", "changedplace", "changedmedium", "tally", "place", "verifiedmedium"):
            cursor.execute(f"DELETE FROM transparency_{table}")
        cursor.execute("""
            INSERT INTO transparency_verifiedmedium (media_id)
            SELECT DISTINCT media_id FROM review_verdict WHERE outcome = 'remove'""")
        cursor.execute(f"INSERT INTO transparency_place ({_COLUMNS}) {_PLACES.format(which='true')}")
        cursor.execute(_ADD.format(counted=_COUNTED.format(places="transparency_place")))
        for counted in _SIMPLE.values():
            cursor.execute(_ADD.format(counted=counted))
        Built.objects.update_or_create(pk=1, defaults={"version": VERSION})


def _is_built() -> bool:
    return Built.objects.filter(version=VERSION).exists()


def _is_small() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM (SELECT 1 FROM notices_noticeurl LIMIT %s) AS s", [SMALL + 1])
        return bool(cursor.fetchone()[0] <= SMALL)


def _lock(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
    return bool(cursor.fetchone()[0])


def _take(cursor: CursorWrapper, table: str, column: str, limit: int) -> list[int | bytes]:
    """Remove the oldest notes of a queue; the distinct things that they are about."""
    cursor.execute(
        f"DELETE FROM transparency_{table} WHERE id IN (SELECT id FROM transparency_{table} ORDER BY id LIMIT %s) "
        f"RETURNING {column}",
        [limit],
    )
    return list({row[0] if isinstance(row[0], int) else bytes(row[0]) for row in cursor.fetchall()})


def _fold_deltas(cursor: CursorWrapper, limit: int) -> int:
    cursor.execute("SELECT count(*), max(id) FROM (SELECT id FROM transparency_delta ORDER BY id LIMIT %s) d", [limit])
    count, last = cursor.fetchone()
    if count:
        taken = f"DELETE FROM transparency_delta WHERE id <= {last} RETURNING figure, ref, key, n"
        cursor.execute(f"WITH taken AS ({taken}) " + _ADD.format(counted="SELECT * FROM taken"))
    return int(count)


def _fold_media(cursor: CursorWrapper, limit: int) -> int:
    media = _take(cursor, "changedmedium", "media_id", limit)
    if media:
        cursor.execute("DELETE FROM transparency_verifiedmedium WHERE media_id = ANY(%s)", [media])
        before = cursor.rowcount
        cursor.execute(
            "INSERT INTO transparency_verifiedmedium (media_id) SELECT DISTINCT media_id FROM review_verdict "
            "WHERE outcome = 'remove' AND media_id = ANY(%s)",
            [media],
        )
        counted = f"SELECT 'verified' AS figure, 0 AS ref, '' AS key, {cursor.rowcount - before} AS n"
        cursor.execute(_ADD.format(counted=counted))
    return len(media)


def _fold_places(cursor: CursorWrapper, limit: int) -> int:
    keys = _take(cursor, "changedplace", "url_key", limit)
    if not keys:
        return 0
    cursor.execute("CREATE TEMP TABLE IF NOT EXISTS fresh_place (LIKE transparency_place) ON COMMIT DROP")
    cursor.execute("TRUNCATE fresh_place")
    which = "u.url_key = ANY(%s::bytea[])"
    cursor.execute(f"INSERT INTO fresh_place ({_COLUMNS}) {_PLACES.format(which=which)}", [keys])
    stale = "(SELECT * FROM transparency_place WHERE url_key = ANY(%(keys)s::bytea[]))"
    minus = f"SELECT figure, ref, key, -n AS n FROM ({_COUNTED.format(places=stale)}) m"
    both = f"{_COUNTED.format(places='fresh_place')} UNION ALL {minus}"
    cursor.execute(_ADD.format(counted=both), {"keys": keys})
    cursor.execute("DELETE FROM transparency_place WHERE url_key = ANY(%s::bytea[])", [keys])
    cursor.execute(f"INSERT INTO transparency_place ({_COLUMNS}) SELECT {_COLUMNS} FROM fresh_place")
    return len(keys)
