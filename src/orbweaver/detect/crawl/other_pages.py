"""Pages of other sites that show a medium, beside the one it was found on: each is a place of its own (R32).

The frontier fetches an address once for all pages that show it, and its row names one of them. One page of each other
site is kept here for as long as it waits, and of what matched until it is fetched again. Further pages of a site are no
further question: who answers for them is the same. Most media match nothing, and nothing of theirs stays. A page that
shows an address which redirects shows what it leads to, and is kept there. Every function runs in the caller's
transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Max

from orbweaver.detect.crawl.arrays import numbers, texts
from orbweaver.detect.crawl.models import OtherPage
from orbweaver.detect.crawl.statements import named

MOST: Final = 100
"""Pages kept of one medium: what stands on more sites at once is furniture, or tries to fill the table. The
pages of one batch are counted before it."""


class Shown(NamedTuple):
    """A medium, by the key of its URL, on a page, by its number; ``context`` is JSON text."""

    key: bytes
    page_id: int
    context: str | None


MOST_REDIRECTS: Final = 10
"""Redirects of other sites that are followed one after another to where a medium is."""
MOST_LEFT: Final = 1000
"""Pages left behind that are handed on in one transaction."""


_KEEP = named("""
WITH RECURSIVE f AS (
    SELECT m.id, m.kind, m.state, m.matched, m.error, m.parent_id, m.led_to_id, new.page, new.context, 0 AS step
    FROM ROWS FROM (unnest(%(keys)s::text[], %(pages)s::bigint[]), jsonb_array_elements(%(contexts)s::jsonb))
        AS new (key, page, context)
    JOIN crawl_frontierurl m ON m.url_key = decode(new.key, 'hex')
    WHERE m.kind = {Kind.MEDIA} AND (m.state <> {State.DONE} OR m.matched OR m.led_to_id IS NOT NULL)
    UNION ALL
    SELECT m.id, m.kind, m.state, m.matched, m.error, m.parent_id, m.led_to_id, f.page, f.context, f.step + 1
    FROM f JOIN crawl_frontierurl m ON m.id = f.led_to_id
    WHERE f.state = {State.DONE} AND f.error = 'redirect' AND f.step < %(redirects)s
)
INSERT INTO crawl_otherpage (url_id, page_id, near_id, context)
SELECT f.id, f.page, (SELECT max(id) FROM crawl_frontierurl), NULLIF(f.context, 'null')
FROM f JOIN crawl_frontierurl page ON page.id = f.page
WHERE f.kind = {Kind.MEDIA} AND (f.state <> {State.DONE} OR f.matched) AND NOT EXISTS (
        SELECT 1 FROM (SELECT f.parent_id UNION ALL SELECT o.page_id FROM crawl_otherpage o WHERE o.url_id = f.id)
            AS shown (id)
        JOIN crawl_frontierurl known ON known.id = shown.id WHERE known.site_id = page.site_id
    )
    AND (SELECT count(*) FROM crawl_otherpage o WHERE o.url_id = f.id) < %(most)s
ORDER BY f.id, f.page ON CONFLICT (url_id, page_id) DO NOTHING RETURNING url_id
""")
"""Rows are found by their numbers, from the few pages that are known outward: asked whether a row of the page's site is
among these, PostgreSQL reads the whole frontier for each batch."""


def keep(shown: Sequence[Shown]) -> set[int]:
    """Keep the pages that show media which wait, or matched, or lead to such; the numbers of these media."""
    if not shown:
        return set()
    columns: dict[str, Any] = {
        "keys": texts([each.key.hex() for each in shown]),
        "pages": numbers([each.page_id for each in shown]),
        "contexts": "[" + ",".join(each.context or "null" for each in shown) + "]",
        "most": MOST,
        "redirects": MOST_REDIRECTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, columns)
        return {number for (number,) in cursor.fetchall()}


_LEAD = """
UPDATE crawl_frontierurl f SET led_to_id = t.id FROM unnest(%s::bigint[], %s::text[]) AS moved (number, key)
JOIN crawl_frontierurl t ON t.url_key = decode(moved.key, 'hex')
WHERE f.id = moved.number AND f.led_to_id IS DISTINCT FROM t.id
"""
_HAND_ON = """
WITH RECURSIVE {chosen},
gone AS (DELETE FROM crawl_otherpage o USING chosen WHERE o.id = chosen.id RETURNING o.*),
way AS (
    SELECT m.id, m.state, m.matched, m.error, m.parent_id, m.led_to_id, o.page_id, o.near_id, o.context, 0 AS step
    FROM gone o JOIN crawl_frontierurl m ON m.id = o.url_id
    UNION ALL
    SELECT m.id, m.state, m.matched, m.error, m.parent_id, m.led_to_id, w.page_id, w.near_id, w.context, w.step + 1
    FROM way w JOIN crawl_frontierurl m ON m.id = w.led_to_id
    WHERE w.state = {State.DONE} AND w.error = 'redirect' AND w.step < %(redirects)s
), kept AS (
    INSERT INTO crawl_otherpage (url_id, page_id, near_id, context)
    SELECT id, page_id, near_id, context FROM way
    WHERE (state <> {State.DONE} OR matched) AND parent_id IS DISTINCT FROM page_id
    ORDER BY id, page_id ON CONFLICT (url_id, page_id) DO NOTHING RETURNING id, url_id
)
SELECT (SELECT count(*) FROM gone), ARRAY(SELECT url_id FROM kept), ARRAY(SELECT id FROM kept)
"""
"""Hands the ``chosen`` pages on to where their media are. By one statement: a page that another crawler keeps in the
middle of it is not among those that go."""
_OF_MEDIA = "chosen AS (SELECT id FROM crawl_otherpage WHERE url_id = ANY(%(media)s))"
_LEFT = """chosen AS (
    SELECT o.id FROM crawl_otherpage o JOIN crawl_frontierurl f ON f.id = o.url_id
    WHERE o.id > %(after)s AND f.state = {State.DONE} ORDER BY o.id LIMIT %(most)s FOR UPDATE OF o SKIP LOCKED
)"""
_MOVE, _MOVE_LEFT = (named(_HAND_ON.replace("{chosen}", chosen)) for chosen in (_OF_MEDIA, _LEFT))


def lead(moved: Sequence[tuple[int, bytes]]) -> None:
    """Media, by their numbers, redirect to the URLs with these keys. Before ``keep``: of what turned out in the same
    batch to redirect, it keeps pages only where it is known where to."""
    if moved:
        with connection.cursor() as cursor:
            columns = [numbers([number for number, _ in moved]), texts([key.hex() for _, key in moved])]
            cursor.execute(_LEAD, columns)


def move(moved: Sequence[tuple[int, bytes]]) -> set[int]:
    """Media that redirect, by their numbers, hand their pages to the URL with this key, those of now and later ones;
    the numbers of those URLs that got some. What leads on from there is followed."""
    if not moved:
        return set()
    lead(moved)
    return _moved(_MOVE, {"media": [number for number, _ in moved]})[1]


def move_left(after: int) -> tuple[int, set[int], list[int]]:
    """The same of media that were done in the moment in which another crawler kept a page of theirs: neither saw what
    the other did. Looks at rows with a higher number than ``after``, and takes ``MOST_LEFT`` at most; how many it took,
    the numbers of the URLs that got some, and of the rows by which these are kept now."""
    return _moved(_MOVE_LEFT, {"after": after, "most": MOST_LEFT})


def _moved(statement: str, chosen: dict[str, Any]) -> tuple[int, set[int], list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, chosen | {"redirects": MOST_REDIRECTS})
        gone, got, rows = cursor.fetchone()
        return gone, set(got), rows


def newest() -> int:
    """The highest number of a row, 0 without any."""
    return OtherPage.objects.aggregate(newest=Max("pk"))["newest"] or 0


_FORGET_DONE = named("""
DELETE FROM crawl_otherpage o USING crawl_frontierurl f
WHERE o.id = ANY(%s) AND f.id = o.url_id AND f.state = {State.DONE}
""")


def forget_done(rows: Sequence[int]) -> None:
    """Those of these rows whose medium nobody is to fetch. Not others of that medium: they may have come meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_DONE, [list(rows)])


def forget(media: Iterable[int]) -> None:
    """The pages of these media: fetched, and nothing known."""
    OtherPage.objects.filter(url_id__in=list(media)).delete()


_FORGET = """
DELETE FROM crawl_otherpage o USING unnest(%s::bigint[], %s::bigint[]) AS seen (url, page)
WHERE o.url_id = seen.url AND o.page_id = seen.page
"""


def forget_each(seen: Sequence[tuple[int, int]]) -> set[int]:
    """Single pages, which are places by now; the numbers of the media of which others came meanwhile."""
    if not seen:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [numbers([url for url, _ in seen]), numbers([page for _, page in seen])])
    left = OtherPage.objects.filter(url_id__in={url for url, _ in seen})
    return set(left.values_list("url_id", flat=True))
