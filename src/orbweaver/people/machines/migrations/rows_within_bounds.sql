-- What was written before it was bounded is put right, where there is any: a time becomes the present, a number nought,
-- a list or an object empty. The tables are read and written meanwhile.

DO $$
DECLARE
    of record;
BEGIN
    DELETE FROM crawl_crawlcount WHERE day < '1970-01-01' OR day >= '3000-01-01';  -- counted on no day that there was
    FOR of IN
        SELECT conrelid::regclass AS its_table, string_agg(format('VALIDATE CONSTRAINT %I', conname), ', ') AS validate,
            string_agg(pg_get_expr(conbin, conrelid), ' AND ') AS holds,
            (SELECT string_agg(format(
                CASE WHEN atttypid IN ('timestamptz'::regtype, 'date'::regtype)
                    THEN '%1$I = CASE WHEN %1$I >= ''1970-01-01Z'' AND %1$I < ''3000-01-01Z'' OR %1$I IS NULL'
                        ' THEN %1$I ELSE clock_timestamp() END'
                WHEN atttypid = 'float8'::regtype
                    THEN '%1$I = CASE WHEN %1$I BETWEEN -1e12 AND 1e12 OR %1$I IS NULL THEN %1$I ELSE 0 END'
                WHEN atttypid = 'jsonb'::regtype
                    THEN '%1$I = CASE WHEN NOT json_within_bounds(%1$I) THEN ''{}'' ELSE %1$I END'
                ELSE '%1$I = CASE WHEN -1e12 <= ALL (%1$I) AND 1e12 >= ALL (%1$I) THEN %1$I ELSE ''{}'' END' END,
                attname), ', ')
            FROM pg_attribute WHERE attrelid = conrelid AND attnum IN (
                SELECT unnest(conkey) FROM pg_constraint AS k WHERE k.conrelid = c.conrelid AND conname LIKE '%\_within\_bounds'
            )) AS put_right
        FROM pg_constraint AS c WHERE conname LIKE '%\_within\_bounds' AND NOT convalidated GROUP BY conrelid
    LOOP
        BEGIN
            EXECUTE format('ALTER TABLE %s %s', of.its_table, of.validate);
        EXCEPTION WHEN check_violation THEN
            EXECUTE format('UPDATE %s SET %s WHERE NOT (%s)', of.its_table, of.put_right, of.holds);
            EXECUTE format('ALTER TABLE %s %s', of.its_table, of.validate);
        END;
    END LOOP;
END $$;
