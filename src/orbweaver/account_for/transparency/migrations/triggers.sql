-- Triggers that note what changed, once a statement, in the transaction that changes it.
-- Written from figures.py by tools/structure.py (make structure); do not edit.

CREATE FUNCTION transparency_note_reports() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- report: Reports that came in, by who gave them. Requests of survivors are not told: a figure that grows would say of one.
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT c.figure, c.ref, c.key, count(*) AS n
        FROM fresh r CROSS JOIN LATERAL (
            SELECT 'report'::text AS figure, 0::bigint AS ref, concat_ws('|', to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM'), r.source) AS key
                WHERE r.created_at IS NOT NULL AND r.source <> 'survivor'
        ) c GROUP BY 1, 2, 3;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT c.figure, c.ref, c.key, -count(*) AS n
        FROM stale r CROSS JOIN LATERAL (
            SELECT 'report'::text AS figure, 0::bigint AS ref, concat_ws('|', to_char(r.created_at AT TIME ZONE 'UTC', 'YYYY-MM'), r.source) AS key
                WHERE r.created_at IS NOT NULL AND r.source <> 'survivor'
        ) c GROUP BY 1, 2, 3;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transparency_insert AFTER INSERT ON intake_report REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_reports();
CREATE TRIGGER transparency_delete AFTER DELETE ON intake_report REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_reports();

CREATE FUNCTION transparency_note_matches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- suspected: Places where something was seen that matches an entry of a list: distinct sightings.
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT 'suspected', 0, '', count(*) FROM (SELECT DISTINCT r.sighting_id FROM fresh r WHERE r.found_at IS NOT NULL) d
        WHERE NOT EXISTS (SELECT 1 FROM matching_match r WHERE r.sighting_id = d.sighting_id AND r.found_at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM fresh f WHERE f.id = r.id));
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT 'suspected', 0, '', -count(*) FROM (SELECT DISTINCT r.sighting_id FROM stale r WHERE r.found_at IS NOT NULL) d
        WHERE NOT EXISTS (SELECT 1 FROM matching_match r WHERE r.sighting_id = d.sighting_id AND r.found_at IS NOT NULL);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transparency_insert AFTER INSERT ON matching_match REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_matches();
CREATE TRIGGER transparency_delete AFTER DELETE ON matching_match REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_matches();

CREATE FUNCTION transparency_note_looks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- look: How often a picture was shown to a person, no matter for which item.
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT c.figure, c.ref, c.key, count(*) AS n
        FROM fresh r CROSS JOIN LATERAL (
            SELECT 'look'::text AS figure, 0::bigint AS ref, ''::text AS key
                WHERE r.at IS NOT NULL
        ) c GROUP BY 1, 2, 3;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT c.figure, c.ref, c.key, -count(*) AS n
        FROM stale r CROSS JOIN LATERAL (
            SELECT 'look'::text AS figure, 0::bigint AS ref, ''::text AS key
                WHERE r.at IS NOT NULL
        ) c GROUP BY 1, 2, 3;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transparency_insert AFTER INSERT ON review_look REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_looks();
CREATE TRIGGER transparency_delete AFTER DELETE ON review_look REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_looks();

CREATE FUNCTION transparency_note_verdicts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- verified: Distinct pictures and videos with a verdict of removal.
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO transparency_changedaddress (url_key)
        SELECT DISTINCT u.url_key FROM fresh r JOIN stale s ON s.id = r.id
        JOIN notices_noticeurl u ON u.verdict_id = r.id
        WHERE (r.category, r.age_class, r.identified, r.straddles, r.decided_at, r.children, r.baseline, r.self_generated)
            IS DISTINCT FROM
            (s.category, s.age_class, s.identified, s.straddles, s.decided_at, s.children, s.baseline, s.self_generated);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_changedmedium (media_id)
        SELECT DISTINCT r.media_id FROM fresh r;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_changedmedium (media_id)
        SELECT DISTINCT r.media_id FROM stale r;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transparency_insert AFTER INSERT ON review_verdict REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_verdicts();
CREATE TRIGGER transparency_update AFTER UPDATE ON review_verdict REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_verdicts();
CREATE TRIGGER transparency_delete AFTER DELETE ON review_verdict REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_verdicts();

CREATE FUNCTION transparency_note_markers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_changedaddress (url_key)
        SELECT DISTINCT u.url_key FROM fresh r JOIN notices_noticeurl u ON u.media_id = r.media_id;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_changedaddress (url_key)
        SELECT DISTINCT u.url_key FROM stale r JOIN notices_noticeurl u ON u.media_id = r.media_id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transparency_insert AFTER INSERT ON linking_marker REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_markers();
CREATE TRIGGER transparency_update AFTER UPDATE ON linking_marker REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_markers();
CREATE TRIGGER transparency_delete AFTER DELETE ON linking_marker REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_markers();

CREATE FUNCTION transparency_note_flags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_changedaddress (url_key)
        SELECT DISTINCT u.url_key FROM fresh r JOIN notices_noticeurl u ON u.url_key = (SELECT s.url_key FROM matching_sighting s WHERE s.id = r.sighting_id);
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_changedaddress (url_key)
        SELECT DISTINCT u.url_key FROM stale r JOIN notices_noticeurl u ON u.url_key = (SELECT s.url_key FROM matching_sighting s WHERE s.id = r.sighting_id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transparency_insert AFTER INSERT ON linking_textflag REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_flags();
CREATE TRIGGER transparency_update AFTER UPDATE ON linking_textflag REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_flags();
CREATE TRIGGER transparency_delete AFTER DELETE ON linking_textflag REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_flags();

CREATE FUNCTION transparency_note_notices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- notice: Notices whose first message left, steps of escalation apart; what came back as undelivered is not told.
    -- way: The same with steps of escalation, by to whom they went.
    -- notice_of: The same for each provider apart, but for CDNs, which host nothing.
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO transparency_changedaddress (url_key)
        SELECT DISTINCT u.url_key FROM fresh r JOIN stale s ON s.id = r.id
        JOIN notices_noticeurl u ON u.notice_id = r.id
        WHERE (r.told_at, r.provider_id, r.notice_type, r.sub_type, r.country)
            IS DISTINCT FROM
            (s.told_at, s.provider_id, s.notice_type, s.sub_type, s.country);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT c.figure, c.ref, c.key, count(*) AS n
        FROM fresh r CROSS JOIN LATERAL (
            SELECT 'notice'::text AS figure, 0::bigint AS ref, concat_ws('|', to_char(r.told_at AT TIME ZONE 'UTC', 'YYYY-MM'), r.notice_type, r.sub_type, r.identified) AS key
                WHERE r.told_at IS NOT NULL AND r.parent_id IS NULL
            UNION ALL SELECT 'way'::text AS figure, 0::bigint AS ref, concat_ws('|', to_char(r.told_at AT TIME ZONE 'UTC', 'YYYY'), r.route, r.parent_id IS NOT NULL) AS key
                WHERE r.told_at IS NOT NULL
            UNION ALL SELECT 'notice_of'::text AS figure, coalesce(r.provider_id, 0)::bigint AS ref, concat_ws('|', to_char(r.told_at AT TIME ZONE 'UTC', 'YYYY')) AS key
                WHERE r.told_at IS NOT NULL AND r.route <> 'cdn'
        ) c GROUP BY 1, 2, 3;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT c.figure, c.ref, c.key, -count(*) AS n
        FROM stale r CROSS JOIN LATERAL (
            SELECT 'notice'::text AS figure, 0::bigint AS ref, concat_ws('|', to_char(r.told_at AT TIME ZONE 'UTC', 'YYYY-MM'), r.notice_type, r.sub_type, r.identified) AS key
                WHERE r.told_at IS NOT NULL AND r.parent_id IS NULL
            UNION ALL SELECT 'way'::text AS figure, 0::bigint AS ref, concat_ws('|', to_char(r.told_at AT TIME ZONE 'UTC', 'YYYY'), r.route, r.parent_id IS NOT NULL) AS key
                WHERE r.told_at IS NOT NULL
            UNION ALL SELECT 'notice_of'::text AS figure, coalesce(r.provider_id, 0)::bigint AS ref, concat_ws('|', to_char(r.told_at AT TIME ZONE 'UTC', 'YYYY')) AS key
                WHERE r.told_at IS NOT NULL AND r.route <> 'cdn'
        ) c GROUP BY 1, 2, 3;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transparency_insert AFTER INSERT ON notices_notice REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_notices();
CREATE TRIGGER transparency_update AFTER UPDATE ON notices_notice REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_notices();
CREATE TRIGGER transparency_delete AFTER DELETE ON notices_notice REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_notices();

CREATE FUNCTION transparency_note_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- reminder: Messages sent after the first one of a notice.
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT c.figure, c.ref, c.key, count(*) AS n
        FROM fresh r CROSS JOIN LATERAL (
            SELECT 'reminder'::text AS figure, 0::bigint AS ref, concat_ws('|', to_char(r.sent_at AT TIME ZONE 'UTC', 'YYYY')) AS key
                WHERE r.sent_at IS NOT NULL AND r.state = 'sent' AND r.number > 0
        ) c GROUP BY 1, 2, 3;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT c.figure, c.ref, c.key, -count(*) AS n
        FROM stale r CROSS JOIN LATERAL (
            SELECT 'reminder'::text AS figure, 0::bigint AS ref, concat_ws('|', to_char(r.sent_at AT TIME ZONE 'UTC', 'YYYY')) AS key
                WHERE r.sent_at IS NOT NULL AND r.state = 'sent' AND r.number > 0
        ) c GROUP BY 1, 2, 3;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transparency_insert AFTER INSERT ON notices_outboxmessage REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_messages();
CREATE TRIGGER transparency_update AFTER UPDATE ON notices_outboxmessage REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_messages();
CREATE TRIGGER transparency_delete AFTER DELETE ON notices_outboxmessage REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_messages();

CREATE FUNCTION transparency_note_push_backs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- pushback: Objections of providers, by reason and what came of them.
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT c.figure, c.ref, c.key, count(*) AS n
        FROM fresh r CROSS JOIN LATERAL (
            SELECT 'pushback'::text AS figure, 0::bigint AS ref, concat_ws('|', to_char(r.made_at AT TIME ZONE 'UTC', 'YYYY'), r.reason, r.outcome) AS key
                WHERE r.made_at IS NOT NULL
        ) c GROUP BY 1, 2, 3;
        INSERT INTO transparency_changedaddress (url_key)
        SELECT DISTINCT u.url_key FROM fresh r JOIN notices_noticeurl u ON u.notice_id = r.notice_id;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT c.figure, c.ref, c.key, -count(*) AS n
        FROM stale r CROSS JOIN LATERAL (
            SELECT 'pushback'::text AS figure, 0::bigint AS ref, concat_ws('|', to_char(r.made_at AT TIME ZONE 'UTC', 'YYYY'), r.reason, r.outcome) AS key
                WHERE r.made_at IS NOT NULL
        ) c GROUP BY 1, 2, 3;
        INSERT INTO transparency_changedaddress (url_key)
        SELECT DISTINCT u.url_key FROM stale r JOIN notices_noticeurl u ON u.notice_id = r.notice_id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transparency_insert AFTER INSERT ON notices_pushback REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_push_backs();
CREATE TRIGGER transparency_update AFTER UPDATE ON notices_pushback REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_push_backs();
CREATE TRIGGER transparency_delete AFTER DELETE ON notices_pushback REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_push_backs();

CREATE FUNCTION transparency_note_urls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO transparency_changedaddress (url_key)
        SELECT DISTINCT r.url_key FROM fresh r
        JOIN notices_notice n ON n.id = r.notice_id WHERE n.told_at IS NOT NULL;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO transparency_changedaddress (url_key)
        SELECT DISTINCT k.url_key FROM fresh r JOIN stale s ON s.id = r.id
        CROSS JOIN LATERAL (VALUES (r.url_key), (s.url_key)) AS k (url_key)
        WHERE (r.state, r.removed_at, r.offline_at, r.notice_id, r.verdict_id, r.reappearances, r.follows_id, r.url_key, r.host, r.media_id)
            IS DISTINCT FROM
            (s.state, s.removed_at, s.offline_at, s.notice_id, s.verdict_id, s.reappearances, s.follows_id, s.url_key, s.host, s.media_id);
    END IF;
    IF TG_OP = 'DELETE' THEN
        INSERT INTO transparency_changedaddress (url_key)
        SELECT DISTINCT r.url_key FROM stale r;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transparency_insert AFTER INSERT ON notices_noticeurl REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_urls();
CREATE TRIGGER transparency_update AFTER UPDATE ON notices_noticeurl REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_urls();
CREATE TRIGGER transparency_delete AFTER DELETE ON notices_noticeurl REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_urls();

CREATE FUNCTION transparency_note_returns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- return: What came back after removal, by how (R55), for each provider.
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT c.figure, c.ref, c.key, count(*) AS n
        FROM fresh r CROSS JOIN LATERAL (
            SELECT 'return'::text AS figure, coalesce(r.provider_id, 0)::bigint AS ref, concat_ws('|', r.kind) AS key
                WHERE r.at IS NOT NULL
        ) c GROUP BY 1, 2, 3;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT c.figure, c.ref, c.key, -count(*) AS n
        FROM stale r CROSS JOIN LATERAL (
            SELECT 'return'::text AS figure, coalesce(r.provider_id, 0)::bigint AS ref, concat_ws('|', r.kind) AS key
                WHERE r.at IS NOT NULL
        ) c GROUP BY 1, 2, 3;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transparency_insert AFTER INSERT ON recheck_return REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_returns();
CREATE TRIGGER transparency_delete AFTER DELETE ON recheck_return REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_returns();
