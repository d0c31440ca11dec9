-- A machine of a fleet keeps what it saw again for longer. Whoever stole one would have all evidence erased: never earlier.
-- It is known by the name of its role, which it cannot change (doors/fleet.py); by either name, as it may take its part's.

CREATE FUNCTION evidence_kept_as_long() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF session_user ~ '^orbweaver_crawl(_|$)' OR current_user ~ '^orbweaver_crawl(_|$)' THEN
        RAISE EXCEPTION 'a machine may not bring forward when evidence is erased';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER evidence_kept_as_long BEFORE UPDATE OF retain_until ON evidence_evidenceobject
    FOR EACH ROW WHEN (NEW.retain_until < OLD.retain_until) EXECUTE FUNCTION evidence_kept_as_long();
