-- What a stolen machine, or one whose clock is wrong, may write is bounded where other programs would stumble over it:
-- times that none of them reads ('infinity', the year 290000), numbers that are none, JSON that is no object, lies deeper
-- than a parser goes, or holds a number of more digits than one takes. A test finds in the catalogue each such column
-- that a machine may write. NOT VALID: the next migration looks at the rows that are there, and keeps nobody waiting.

CREATE FUNCTION json_within_bounds(given jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN jsonb_typeof(given) = 'object'
    AND NOT jsonb_path_exists(given, '$.**{32}')
    AND NOT jsonb_path_exists(given, '$.** ? (@ > 1e18 || @ < -1e18)');

DO $$
DECLARE
    of record;
    words text;
BEGIN
    FOR of IN SELECT * FROM (VALUES
        ('times', 'captures_capture', 'captured_at, stamped_at'),
        ('times', 'captures_lostcapture', 'at'),
        ('times', 'crawl_crawlcount', 'day'),
        ('times', 'crawl_crawlworker', 'started_at, alive_until'),
        ('times', 'crawl_frontierurl', 'due_at, fetched_at'),
        ('times', 'crawl_lead', 'revisit_before, created_at'),
        ('times', 'crawl_revisit', 'due_at, found_at, visited_at'),
        ('times', 'crawl_site', 'robots_fetched_at, next_fetch_at, created_at'),
        ('times', 'evidence_evidenceobject', 'created_at, retain_until, erased_at, held_at'),
        ('times', 'held_earlierpicture', 'seen_at'),
        ('times', 'held_lookedat', 'at'),
        ('times', 'held_waitingpicture', 'queued_at'),
        ('times', 'intake_askedhash', 'paused_at'),
        ('times', 'linking_neighbour', 'wanted_at, retry_at, held_at, erase_after, decided_at'),
        ('times', 'machines_machine', 'joined_at, seen_at, gone_at'),
        ('times', 'matching_askedsighting', 'found_at'),
        ('times', 'matching_front', 'first_seen_at, last_seen_at, ended_at'),
        ('times', 'matching_match', 'found_at'),
        ('times', 'matching_missedevidence', 'missed_at, retry_at'),
        ('times', 'matching_sighting', 'first_seen_at, last_seen_at'),
        ('times', 'matching_totakeup', 'recorded_at, not_before'),
        ('times', 'media_media', 'first_seen_at'),
        ('times', 'terms_watchhit', 'first_seen_at, last_seen_at, seen_to_at'),
        ('numbers', 'crawl_revisit', 'hours'),
        ('numbers', 'crawl_site', 'delay_s, robots_delay_s, pace_s, latency_s, slots'),
        ('numbers', 'matching_match', 'time_s, agreement'),
        ('numbers', 'media_mediaframe', 'time_s'),
        ('lists', 'matching_match', 'query_quad'),
        ('lists', 'matching_match', 'reference_quad'),
        ('json', 'crawl_frontierurl', 'context'),
        ('json', 'crawl_lead', 'authority'),
        ('json', 'crawl_otherpage', 'context'),
        ('json', 'linking_neighbour', 'prints'),
        ('json', 'matching_sighting', 'context')
    ) AS bounded (kind, of_table, columns) LOOP
        words := CASE of.kind
            WHEN 'times' THEN 'LEAST(%1$s) >= ''1970-01-01Z'' AND GREATEST(%1$s) < ''3000-01-01Z'''
            WHEN 'numbers' THEN 'LEAST(%1$s) >= -1e12 AND GREATEST(%1$s) <= 1e12'
            WHEN 'lists' THEN '-1e12 <= ALL (%1$s) AND 1e12 >= ALL (%1$s)'
            ELSE 'json_within_bounds(%1$s)'
        END;
        EXECUTE format(
            'ALTER TABLE %I ADD CONSTRAINT %I CHECK (' || format(words, of.columns) || ') NOT VALID',
            of.of_table,
            of.of_table || '_' || CASE of.kind WHEN 'lists' THEN of.columns ELSE of.kind END || '_within_bounds'
        );
    END LOOP;
END $$;
