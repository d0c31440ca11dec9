-- A machine of a fleet adds what a crawl brings about, and nothing else: in nobody's name, and not ahead of time. It is
-- known by the name of its role, which it cannot change (doors/fleet.py); by either name, as it may take its part's.

CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.position IS NULL AND NEW.hash IS NULL THEN
        IF (session_user ~ '^orbweaver_crawl(_|$)' OR current_user ~ '^orbweaver_crawl(_|$)') AND (
            NEW.actor_id IS NOT NULL
            OR NEW.actor_label <> 'system'
            OR NEW.kind NOT IN ('match.suppressed', 'survivor_hash.paused', 'evidence.missed', 'evidence.captured')
            OR NEW.at > clock_timestamp() + interval '1 minute'
        ) THEN
            RAISE EXCEPTION 'a machine may not add such an event';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.position IS NULL AND NEW.position IS NOT NULL AND NEW.hash IS NOT NULL
        AND (NEW.id, NEW.at, NEW.actor_id, NEW.actor_label, NEW.kind, NEW.subject, NEW.details)
            IS NOT DISTINCT FROM
            (OLD.id, OLD.at, OLD.actor_id, OLD.actor_label, OLD.kind, OLD.subject, OLD.details)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only';
END;
$$;

-- Only the application seals, whether the log was given away already or not.
REVOKE ALL ON FUNCTION audit_seal(bigint[], bigint[], bytea[]) FROM PUBLIC;
