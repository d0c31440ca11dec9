-- Triggers that note what changed, once a statement, in the transaction that changes it. See models.py and folding.py.

CREATE FUNCTION transparency_notice_figures(
    sent timestamptz, provider bigint, kind text, sub text, known boolean, state text, held text, step boolean, way text
) RETURNS TABLE (figure text, ref bigint, key text) LANGUAGE sql STABLE AS $$
    SELECT 'notice', 0::bigint, concat_ws('|', to_char(sent AT TIME ZONE 'UTC', 'YYYY-MM'), kind, sub, known)
        WHERE sent IS NOT NULL AND NOT step
    UNION ALL SELECT 'way', 0::bigint, concat_ws('|', to_char(sent AT TIME ZONE 'UTC', 'YYYY'), way, step)
        WHERE sent IS NOT NULL
    UNION ALL SELECT 'notice_of', coalesce(provider, 0), to_char(sent AT TIME ZONE 'UTC', 'YYYY')
        WHERE sent IS NOT NULL
    UNION ALL SELECT 'held', 0::bigint, held WHERE state = 'held'
$$;

CREATE FUNCTION transparency_note_urls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO transparency_changedplace (url_key) SELECT DISTINCT f.url_key FROM fresh f
        JOIN notices_notice n ON n.id = f.notice_id WHERE n.told_at IS NOT NULL;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO transparency_changedplace (url_key) SELECT DISTINCT url_key FROM stale;
    ELSE
        INSERT INTO transparency_changedplace (url_key) SELECT DISTINCT k.url_key FROM fresh f
        JOIN stale s ON s.id = f.id CROSS JOIN LATERAL (VALUES (f.url_key), (s.url_key)) AS k (url_key)
        WHERE (f.state, f.removed_at, f.notice_id, f.verdict_id, f.reappearances, f.follows_id, f.url_key)
            IS DISTINCT FROM
            (s.state, s.removed_at, s.notice_id, s.verdict_id, s.reappearances, s.follows_id, s.url_key);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION transparency_note_notices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_delta (figure, ref, key, n) SELECT c.figure, c.ref, c.key, count(*) FROM fresh f,
        LATERAL transparency_notice_figures(
            f.told_at, f.provider_id, f.notice_type, f.sub_type, f.identified, f.state, f.held_reason,
            f.parent_id IS NOT NULL, f.route) c
        GROUP BY 1, 2, 3;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n) SELECT c.figure, c.ref, c.key, -count(*) FROM stale s,
        LATERAL transparency_notice_figures(
            s.told_at, s.provider_id, s.notice_type, s.sub_type, s.identified, s.state, s.held_reason,
            s.parent_id IS NOT NULL, s.route) c
        GROUP BY 1, 2, 3;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO transparency_changedplace (url_key) SELECT DISTINCT u.url_key FROM fresh f
        JOIN stale s ON s.id = f.id JOIN notices_noticeurl u ON u.notice_id = f.id
        WHERE (f.told_at, f.provider_id, f.notice_type, f.sub_type, f.country)
            IS DISTINCT FROM (s.told_at, s.provider_id, s.notice_type, s.sub_type, s.country);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION transparency_note_push_backs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_delta (figure, ref, key, n) SELECT 'pushback', 0,
        concat_ws('|', to_char(made_at AT TIME ZONE 'UTC', 'YYYY'), reason, outcome), count(*) FROM fresh GROUP BY 3;
        INSERT INTO transparency_changedplace (url_key) SELECT DISTINCT u.url_key FROM fresh f
        JOIN notices_noticeurl u ON u.notice_id = f.notice_id;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n) SELECT 'pushback', 0,
        concat_ws('|', to_char(made_at AT TIME ZONE 'UTC', 'YYYY'), reason, outcome), -count(*) FROM stale GROUP BY 3;
        INSERT INTO transparency_changedplace (url_key) SELECT DISTINCT u.url_key FROM stale s
        JOIN notices_noticeurl u ON u.notice_id = s.notice_id;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION transparency_note_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_delta (figure, ref, key, n) SELECT 'reminder', 0,
        to_char(sent_at AT TIME ZONE 'UTC', 'YYYY'), count(*) FROM fresh
        WHERE state = 'sent' AND number > 0 AND sent_at IS NOT NULL GROUP BY 3;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n) SELECT 'reminder', 0,
        to_char(sent_at AT TIME ZONE 'UTC', 'YYYY'), -count(*) FROM stale
        WHERE state = 'sent' AND number > 0 AND sent_at IS NOT NULL GROUP BY 3;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION transparency_note_verdicts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO transparency_changedmedium (media_id) SELECT DISTINCT media_id FROM fresh;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO transparency_changedmedium (media_id) SELECT DISTINCT media_id FROM stale;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO transparency_changedplace (url_key) SELECT DISTINCT u.url_key FROM fresh f
        JOIN stale s ON s.id = f.id JOIN notices_noticeurl u ON u.verdict_id = f.id
        WHERE (f.category, f.age_class, f.identified, f.straddles, f.decided_at)
            IS DISTINCT FROM (s.category, s.age_class, s.identified, s.straddles, s.decided_at);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION transparency_note_looks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n) SELECT 'look', 0, '', count(*) FROM fresh;
    ELSE
        INSERT INTO transparency_delta (figure, ref, key, n) SELECT 'look', 0, '', -count(*) FROM stale;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION transparency_note_reports() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n) SELECT 'report', 0,
        concat_ws('|', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM'), source), count(*) FROM fresh GROUP BY 3;
    ELSE
        INSERT INTO transparency_delta (figure, ref, key, n) SELECT 'report', 0,
        concat_ws('|', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM'), source), -count(*) FROM stale GROUP BY 3;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION transparency_note_matches() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT 'suspected', 0, '', count(DISTINCT f.sighting_id) FROM fresh f
        WHERE NOT EXISTS (SELECT 1 FROM matching_match m WHERE m.sighting_id = f.sighting_id
            AND NOT EXISTS (SELECT 1 FROM fresh g WHERE g.id = m.id));
    ELSE
        INSERT INTO transparency_delta (figure, ref, key, n)
        SELECT 'suspected', 0, '', -count(DISTINCT s.sighting_id) FROM stale s
        WHERE NOT EXISTS (SELECT 1 FROM matching_match m WHERE m.sighting_id = s.sighting_id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION transparency_note_returns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO transparency_delta (figure, ref, key, n) SELECT 'return', coalesce(provider_id, 0), kind, count(*)
        FROM fresh GROUP BY 2, 3;
    ELSE
        INSERT INTO transparency_delta (figure, ref, key, n) SELECT 'return', coalesce(provider_id, 0), kind, -count(*)
        FROM stale GROUP BY 2, 3;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transparency_insert AFTER INSERT ON notices_noticeurl REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_urls();
CREATE TRIGGER transparency_update AFTER UPDATE ON notices_noticeurl REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_urls();
CREATE TRIGGER transparency_delete AFTER DELETE ON notices_noticeurl REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_urls();
CREATE TRIGGER transparency_insert AFTER INSERT ON notices_notice REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_notices();
CREATE TRIGGER transparency_update AFTER UPDATE ON notices_notice REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_notices();
CREATE TRIGGER transparency_delete AFTER DELETE ON notices_notice REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_notices();
CREATE TRIGGER transparency_insert AFTER INSERT ON notices_pushback REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_push_backs();
CREATE TRIGGER transparency_update AFTER UPDATE ON notices_pushback REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_push_backs();
CREATE TRIGGER transparency_delete AFTER DELETE ON notices_pushback REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_push_backs();
CREATE TRIGGER transparency_insert AFTER INSERT ON notices_outboxmessage REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_messages();
CREATE TRIGGER transparency_update AFTER UPDATE ON notices_outboxmessage REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_messages();
CREATE TRIGGER transparency_delete AFTER DELETE ON notices_outboxmessage REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_messages();
CREATE TRIGGER transparency_insert AFTER INSERT ON review_verdict REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_verdicts();
CREATE TRIGGER transparency_update AFTER UPDATE ON review_verdict REFERENCING OLD TABLE AS stale NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_verdicts();
CREATE TRIGGER transparency_delete AFTER DELETE ON review_verdict REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_verdicts();
CREATE TRIGGER transparency_insert AFTER INSERT ON review_look REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_looks();
CREATE TRIGGER transparency_delete AFTER DELETE ON review_look REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_looks();
CREATE TRIGGER transparency_insert AFTER INSERT ON intake_report REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_reports();
CREATE TRIGGER transparency_delete AFTER DELETE ON intake_report REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_reports();
CREATE TRIGGER transparency_insert AFTER INSERT ON matching_match REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_matches();
CREATE TRIGGER transparency_delete AFTER DELETE ON matching_match REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_matches();
CREATE TRIGGER transparency_insert AFTER INSERT ON recheck_return REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_returns();
CREATE TRIGGER transparency_delete AFTER DELETE ON recheck_return REFERENCING OLD TABLE AS stale FOR EACH STATEMENT EXECUTE FUNCTION transparency_note_returns();
