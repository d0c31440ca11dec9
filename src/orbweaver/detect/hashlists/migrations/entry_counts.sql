-- How many entries each list has in each state, kept by the database itself: pages read some rows, and count none.
-- Lists are changed under one lock, so nobody waits for these rows who does not wait already.

CREATE FUNCTION hashlists_count_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hashlists_entrycount AS there (hash_list_id, state, entries)
    SELECT hash_list_id, state, count(*) FROM added GROUP BY hash_list_id, state ORDER BY hash_list_id, state
    ON CONFLICT (hash_list_id, state) DO UPDATE SET entries = there.entries + excluded.entries;
    RETURN NULL;
END $$;

CREATE FUNCTION hashlists_count_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO hashlists_entrycount AS there (hash_list_id, state, entries)
    VALUES (new.hash_list_id, new.state, 1), (old.hash_list_id, old.state, -1)
    ON CONFLICT (hash_list_id, state) DO UPDATE SET entries = there.entries + excluded.entries;
    RETURN NULL;
END $$;

CREATE FUNCTION hashlists_count_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hashlists_entrycount AS there SET entries = there.entries - gone.n
    FROM (SELECT hash_list_id, state, count(*) AS n FROM removed GROUP BY hash_list_id, state) AS gone
    WHERE there.hash_list_id = gone.hash_list_id AND there.state = gone.state;
    RETURN NULL;
END $$;

CREATE TRIGGER hashlists_count_insert AFTER INSERT ON hashlists_hashlistentry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION hashlists_count_added();
CREATE TRIGGER hashlists_count_update AFTER UPDATE OF state ON hashlists_hashlistentry
    FOR EACH ROW WHEN (old.state IS DISTINCT FROM new.state) EXECUTE FUNCTION hashlists_count_moved();
CREATE TRIGGER hashlists_count_delete AFTER DELETE ON hashlists_hashlistentry
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION hashlists_count_gone();
