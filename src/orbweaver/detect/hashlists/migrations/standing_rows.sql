-- No entry without its list and its import, no hash without its entry: what foreign keys would promise, asked once a
-- statement. Foreign keys ask and lock once a row, which was more than half of what an import cost PostgreSQL.
--
-- Whoever deletes from above first waits until nobody is writing below, and keeps others from beginning to. So whoever
-- writes below need lock nothing: what is there when they ask stays until they are done. That holds where each question
-- sees all that others have done until then, which is at READ COMMITTED alone; elsewhere both are refused.

CREATE FUNCTION hashlists_each_question_is_asked_anew() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE feature_not_supported USING MESSAGE = 'lists are changed at READ COMMITTED alone';
    END IF;
END $$;

-- Whatever PostgreSQL believes of how large a table is, these are looked up by the index and never read as a whole.
CREATE FUNCTION hashlists_hashes_have_entries() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog SET enable_seqscan = off AS $$
DECLARE
    named bigint[] := ARRAY(SELECT DISTINCT entry_id FROM added);
BEGIN
    PERFORM public.hashlists_each_question_is_asked_anew();
    IF (SELECT count(*) FROM public.hashlists_hashlistentry WHERE id = ANY(named)) < cardinality(named) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a hash names an entry that is not there';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION hashlists_entries_have_lists() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog SET enable_seqscan = off AS $$
DECLARE
    lists bigint[] := ARRAY(SELECT DISTINCT hash_list_id FROM added);
    imports bigint[] := ARRAY(SELECT DISTINCT list_import_id FROM added WHERE list_import_id IS NOT NULL);
BEGIN
    PERFORM public.hashlists_each_question_is_asked_anew();
    IF (SELECT count(*) FROM public.hashlists_hashlist WHERE id = ANY(lists)) < cardinality(lists)
        OR (SELECT count(*) FROM public.hashlists_listimport WHERE id = ANY(imports)) < cardinality(imports)
    THEN
        RAISE foreign_key_violation USING MESSAGE = 'an entry names a list or an import that is not there';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION hashlists_entry_has_its_import() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    PERFORM public.hashlists_each_question_is_asked_anew();
    PERFORM FROM public.hashlists_listimport WHERE id = new.list_import_id;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'an entry names an import that is not there';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION hashlists_number_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE foreign_key_violation
        USING MESSAGE = format('%s: its rows keep their numbers, and what they belong to', TG_RELID::regclass);
END $$;

CREATE TRIGGER hashlists_below_insert AFTER INSERT ON hashlists_entryhash
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION hashlists_hashes_have_entries();
CREATE TRIGGER hashlists_below_update BEFORE UPDATE OF entry_id ON hashlists_entryhash
    FOR EACH ROW WHEN (old.entry_id IS DISTINCT FROM new.entry_id) EXECUTE FUNCTION hashlists_number_stays();
CREATE TRIGGER hashlists_below_insert AFTER INSERT ON hashlists_hashlistentry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION hashlists_entries_have_lists();
CREATE TRIGGER hashlists_below_update BEFORE UPDATE OF hash_list_id ON hashlists_hashlistentry
    FOR EACH ROW WHEN (old.hash_list_id IS DISTINCT FROM new.hash_list_id) EXECUTE FUNCTION hashlists_number_stays();
CREATE TRIGGER hashlists_import_update AFTER UPDATE OF list_import_id ON hashlists_hashlistentry
    FOR EACH ROW WHEN (new.list_import_id IS NOT NULL AND old.list_import_id IS DISTINCT FROM new.list_import_id)
    EXECUTE FUNCTION hashlists_entry_has_its_import();

-- Above: before anything is deleted, whoever writes below is waited for; then what still belongs to it is asked.
CREATE FUNCTION hashlists_nobody_writes_below() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    PERFORM public.hashlists_each_question_is_asked_anew();
    EXECUTE format('LOCK TABLE public.%I IN SHARE ROW EXCLUSIVE MODE', TG_ARGV[0]);
    RETURN NULL;
END $$;

CREATE FUNCTION hashlists_nothing_is_below() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    found bool;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM removed JOIN public.%I AS below ON below.%I = removed.id)',
        TG_ARGV[0], TG_ARGV[1]) INTO found;
    IF found THEN
        RAISE foreign_key_violation
            USING MESSAGE = format('%s: rows of %s belong to what would be deleted', TG_RELID::regclass, TG_ARGV[0]);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION hashlists_table_is_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    found bool;
BEGIN
    PERFORM public.hashlists_each_question_is_asked_anew();
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', TG_ARGV[0]) INTO found;
    IF found THEN
        RAISE foreign_key_violation
            USING MESSAGE = format('%s: rows of %s belong to what would be deleted', TG_RELID::regclass, TG_ARGV[0]);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER hashlists_above_lock BEFORE DELETE ON hashlists_hashlistentry
    FOR EACH STATEMENT EXECUTE FUNCTION hashlists_nobody_writes_below('hashlists_entryhash');
CREATE TRIGGER hashlists_above_delete AFTER DELETE ON hashlists_hashlistentry
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION hashlists_nothing_is_below('hashlists_entryhash', 'entry_id');
CREATE TRIGGER hashlists_above_update BEFORE UPDATE OF id ON hashlists_hashlistentry
    FOR EACH ROW WHEN (old.id IS DISTINCT FROM new.id) EXECUTE FUNCTION hashlists_number_stays();
CREATE TRIGGER hashlists_above_truncate BEFORE TRUNCATE ON hashlists_hashlistentry
    FOR EACH STATEMENT EXECUTE FUNCTION hashlists_table_is_kept('hashlists_entryhash');

CREATE TRIGGER hashlists_above_lock BEFORE DELETE ON hashlists_hashlist
    FOR EACH STATEMENT EXECUTE FUNCTION hashlists_nobody_writes_below('hashlists_hashlistentry');
CREATE TRIGGER hashlists_above_delete AFTER DELETE ON hashlists_hashlist
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION hashlists_nothing_is_below('hashlists_hashlistentry', 'hash_list_id');
CREATE TRIGGER hashlists_above_update BEFORE UPDATE OF id ON hashlists_hashlist
    FOR EACH ROW WHEN (old.id IS DISTINCT FROM new.id) EXECUTE FUNCTION hashlists_number_stays();
CREATE TRIGGER hashlists_above_truncate BEFORE TRUNCATE ON hashlists_hashlist
    FOR EACH STATEMENT EXECUTE FUNCTION hashlists_table_is_kept('hashlists_hashlistentry');

CREATE TRIGGER hashlists_above_lock BEFORE DELETE ON hashlists_listimport
    FOR EACH STATEMENT EXECUTE FUNCTION hashlists_nobody_writes_below('hashlists_hashlistentry');
CREATE TRIGGER hashlists_above_delete AFTER DELETE ON hashlists_listimport
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION hashlists_nothing_is_below('hashlists_hashlistentry', 'list_import_id');
CREATE TRIGGER hashlists_above_update BEFORE UPDATE OF id ON hashlists_listimport
    FOR EACH ROW WHEN (old.id IS DISTINCT FROM new.id) EXECUTE FUNCTION hashlists_number_stays();
CREATE TRIGGER hashlists_above_truncate BEFORE TRUNCATE ON hashlists_listimport
    FOR EACH STATEMENT EXECUTE FUNCTION hashlists_table_is_kept('hashlists_hashlistentry');
