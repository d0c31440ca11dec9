-- Which history of the database this is: the cluster, the database in it, and the timeline, which is another once a
-- standby was promoted or a backup was brought back to a point in time. A standby itself writes none.

CREATE FUNCTION database_lineage() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    place text := (SELECT system_identifier FROM pg_control_system());
BEGIN
    place := place || '/' || (SELECT oid FROM pg_database WHERE datname = current_database());
    IF pg_is_in_recovery() THEN
        RETURN place || '/standby';
    END IF;
    RETURN place || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8);
END;
$$;
