-- Which history of the database this is: the cluster, the database in it, and the timeline, which is another once a
-- standby was promoted or a backup was brought back to a point in time. A standby itself writes none.

CREATE FUNCTION database_lineage() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    place text;
BEGIN
    BEGIN
        place := (SELECT system_identifier FROM pg_control_system());
    EXCEPTION WHEN insufficient_privilege OR undefined_file THEN
        -- The server opens its control file by the whole path, which an embedded one cannot walk where a folder above
        -- it is somebody else's: root's home, say. The table's own number then stands for the cluster.
        place := 'table ' || 'hashlists_hashlistentry'::regclass::oid;
    END;
    place := place || '/' || (SELECT oid FROM pg_database WHERE datname = current_database());
    IF pg_is_in_recovery() THEN
        RETURN place || '/standby';
    END IF;
    RETURN place || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8);
END;
$$;
