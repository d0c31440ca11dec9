-- What was written before it was bounded is put right, where there is any: a time becomes the present, a number nought,
-- a list or an object empty, an identifier another. The tables are read and written meanwhile.

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
                WHEN atttypid IN ('float8'::regtype, 'int8'::regtype)
                    THEN '%1$I = CASE WHEN %1$I BETWEEN -1e5 AND 1e5 OR %1$I IS NULL THEN %1$I ELSE 0 END'
                WHEN attname = 'proof'
                    THEN '%1$I = CASE WHEN %1$I IN (''hash'', ''pieces'', ''geometry'') THEN %1$I ELSE ''hash'' END'
                WHEN atttypid = 'varchar'::regtype
                    THEN '%1$I = CASE WHEN %1$I ~ ''^[a-z]{3}_[0-9a-z]+$'' THEN %1$I'
                        ' ELSE ''new_'' || left(md5(random()::text), 16) END'
                WHEN atttypid = 'jsonb'::regtype
                    THEN '%1$I = CASE WHEN NOT json_within_bounds(%1$I) THEN ''{}'' ELSE %1$I END'
                ELSE '%1$I = CASE WHEN -1e9 <= ALL (%1$I) AND 1e9 >= ALL (%1$I) THEN %1$I ELSE ''{}'' END' END,
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

-- The triggers put counts right, wherever a row is touched.

UPDATE crawl_crawlcount SET pages = pages
WHERE LEAST(pages, images, failures, bytes) < 0 OR GREATEST(pages, images, failures, bytes) > 1000000000000000;
UPDATE crawl_lead SET fruitless_pages = fruitless_pages WHERE fruitless_pages NOT BETWEEN 0 AND 1000000000;
UPDATE crawl_revisit SET visits = visits
WHERE LEAST(visits, fruitful_visits) < 0 OR GREATEST(visits, fruitful_visits) > 1000000000;
UPDATE crawl_site SET links = links WHERE links NOT BETWEEN 0 AND 1000000000000000;
UPDATE held_tally SET queued = queued
WHERE LEAST(queued, dropped, compared, proved, suspected) < 0
    OR GREATEST(queued, dropped, compared, proved, suspected) > 1000000000000000;
UPDATE linking_neighbour SET attempts = attempts WHERE attempts NOT BETWEEN 0 AND 1000;
UPDATE machines_machine SET done = done WHERE done NOT BETWEEN 0 AND 1000000000000000;
UPDATE matching_missedevidence SET attempts = attempts WHERE attempts NOT BETWEEN 0 AND 1000;
