"""What the database is asked of a campaign."""

from __future__ import annotations

LEASED_BY_NONE_ALIVE = """
SELECT count(*) FROM crawl_frontierurl f
WHERE state = 1 AND NOT EXISTS (
    SELECT FROM crawl_crawlworker w WHERE w.id = f.worker_id AND w.alive_until > statement_timestamp()
)
"""
NOT_SENT = "SELECT count(*) FROM notices_outboxmessage WHERE state <> 'sent'"
FRONTIER = """
SELECT count(*), count(*) FILTER (WHERE state = 3), count(*) FILTER (WHERE error <> '' OR status <> 200)
FROM crawl_frontierurl
"""
FAILURES = """
SELECT url, error, status, attempts FROM crawl_frontierurl WHERE error <> '' OR status <> 200 ORDER BY id LIMIT 20
"""
FOUND = """
SELECT (SELECT count(*) FROM matching_sighting), (SELECT count(DISTINCT url) FROM matching_sighting),
    (SELECT count(*) FROM matching_match), (SELECT sum(images) FROM crawl_crawlcount)
"""
