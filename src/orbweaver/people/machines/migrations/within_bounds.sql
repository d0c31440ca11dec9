-- What a stolen machine, or one whose clock is wrong, may write is bounded where other programs would stumble over it:
-- times that none of them reads ('infinity', the year 290000), numbers that are none or last longer than any time, JSON
-- that is no object, lies deeper than a parser goes, or holds a number of more digits than one takes, and identifiers with
-- which no address can be made. A test finds in the catalogue each such column that a machine may write. NOT VALID: the
-- next migration looks at the rows that are there, and keeps nobody waiting.

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
        ('hours', 'crawl_revisit', 'hours'),
        ('numbers', 'crawl_site', 'delay_s, robots_delay_s, pace_s, latency_s, slots'),
        ('numbers', 'matching_match', 'time_s, agreement'),
        ('numbers', 'media_mediaframe', 'time_s'),
        ('lists', 'matching_match', 'query_quad'),
        ('lists', 'matching_match', 'reference_quad'),
        ('json', 'crawl_frontierurl', 'context'),
        ('json', 'crawl_lead', 'authority'),
        ('json', 'crawl_otherpage', 'context'),
        ('json', 'linking_neighbour', 'prints'),
        ('json', 'matching_sighting', 'context'),
        ('ids', 'captures_capture', 'public_id'),
        ('ids', 'crawl_lead', 'public_id'),
        ('ids', 'evidence_evidenceobject', 'public_id'),
        ('ids', 'linking_neighbour', 'public_id'),
        ('ids', 'matching_sighting', 'public_id'),
        ('ids', 'media_media', 'public_id'),
        ('ids', 'terms_watchhit', 'public_id'),
        ('counts', 'transparency_delta', 'n'),
        ('proofs', 'matching_match', 'proof')
    ) AS bounded (kind, of_table, columns) LOOP
        words := CASE of.kind
            WHEN 'times' THEN 'LEAST(%1$s) >= ''1970-01-01Z'' AND GREATEST(%1$s) < ''3000-01-01Z'''
            WHEN 'numbers' THEN 'LEAST(%1$s) >= -1e9 AND GREATEST(%1$s) <= 1e9'  -- of seconds: some thirty years
            WHEN 'hours' THEN '%1$s BETWEEN -1e5 AND 1e5'
            WHEN 'lists' THEN '-1e9 <= ALL (%1$s) AND 1e9 >= ALL (%1$s)'
            WHEN 'json' THEN 'json_within_bounds(%1$s)'
            WHEN 'ids' THEN '%1$s ~ ''^[a-z]{3}_[0-9a-z]+$'''
            WHEN 'proofs' THEN '%1$s IN (''hash'', ''pieces'', ''geometry'')'
            WHEN 'counts' THEN '%1$s BETWEEN -1000000000 AND 1000000000'
        END;
        EXECUTE format(
            'ALTER TABLE %I ADD CONSTRAINT %I CHECK (' || format(words, of.columns) || ') NOT VALID',
            of.of_table,
            of.of_table || '_' || CASE of.kind WHEN 'lists' THEN of.columns ELSE of.kind END || '_within_bounds'
        );
    END LOOP;
END $$;

-- What is counted up, by whoever comes next, stays far enough from where a number of its type ends: a check would refuse
-- the next one, who did nothing wrong. The function is called where it does not.

CREATE FUNCTION counts_within_bounds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own jsonb := '{}';
    most bigint := TG_ARGV[0];
BEGIN
    FOR at IN 1 .. TG_NARGS - 1 LOOP
        own := own || jsonb_build_object(
            TG_ARGV[at], LEAST(GREATEST((to_jsonb(NEW) ->> TG_ARGV[at])::bigint, 0), most)
        );
    END LOOP;
    RETURN jsonb_populate_record(NEW, own);
END;
$$;

DO $$
DECLARE
    of record;
BEGIN
    FOR of IN SELECT * FROM (VALUES
        ('crawl_crawlcount', 1000000000000000, ARRAY['pages', 'images', 'failures', 'bytes']),
        ('crawl_lead', 1000000000, ARRAY['fruitless_pages']),
        ('crawl_revisit', 1000000000, ARRAY['visits', 'fruitful_visits']),
        ('crawl_site', 1000000000000000, ARRAY['links']),
        ('held_tally', 1000000000000000, ARRAY['queued', 'dropped', 'compared', 'proved', 'suspected']),
        ('linking_neighbour', 1000, ARRAY['attempts']),
        ('machines_machine', 1000000000000000, ARRAY['done']),
        ('matching_missedevidence', 1000, ARRAY['attempts'])
    ) AS counted (of_table, most, columns) LOOP
        EXECUTE format(
            'CREATE TRIGGER %I BEFORE INSERT OR UPDATE ON %I FOR EACH ROW WHEN (%s)'
            ' EXECUTE FUNCTION counts_within_bounds(%s)',
            of.of_table || '_counts',
            of.of_table,
            (SELECT string_agg(format('NEW.%I NOT BETWEEN 0 AND %s', each, of.most), ' OR ') FROM unnest(of.columns) AS each),
            (SELECT string_agg(quote_literal(each), ', ') FROM unnest(of.most::text || of.columns) AS each)
        );
    END LOOP;
END $$;
