-- The database itself refuses to change or delete an event; sealing an unsealed one is the one exception.

CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.position IS NULL AND NEW.hash IS NULL THEN
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
CREATE TRIGGER audit_event_append_only BEFORE INSERT OR UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();

-- Sealing, by a function that belongs to the log's owner (people/audit/separation.py): the application itself may add
-- events and change none. It looks nothing up by a path, or a temporary table of the same name would run as the owner.
CREATE FUNCTION audit_seal(ids bigint[], positions bigint[], hashes bytea[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE public.audit_event AS event SET position = sealed.position, hash = sealed.hash
    FROM unnest(ids, positions, hashes) AS sealed(id, position, hash) WHERE event.id = sealed.id;
$$;
