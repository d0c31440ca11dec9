"""What stands on the database server of a process for all its files of tests: whose tables are, who may what with them.

Rows are emptied between tests, and what is not committed is taken back; this is neither. A file whose tests change it
has a database of its own (fixture ``own_database``), else tests that come after it fail, in some orders of files.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import psycopg

Standing: TypeAlias = dict[str, str]

_STANDING = """
SELECT 'table ' || relname, relowner::text || coalesce(relacl, acldefault('r', relowner))::text
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
UNION ALL SELECT 'right to columns of ' || attrelid::regclass, string_agg(attname || attacl::text, ' ' ORDER BY attnum)
FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid > 16383 GROUP BY attrelid
UNION ALL SELECT 'functions', md5(string_agg(concat(proname, proowner, proacl, prosrc), '' ORDER BY proname, prosrc))
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'large objects', string_agg(coalesce(proacl, acldefault('f', proowner))::text, ' ' ORDER BY oid)
FROM pg_proc WHERE proname IN ('lo_creat', 'lo_create', 'lo_from_bytea')
UNION ALL SELECT 'triggers', md5(string_agg(each, ' ' ORDER BY each)) FROM (
    SELECT concat_ws(' ', tgrelid::regclass, CASE WHEN NOT tgisinternal THEN tgname END, tgfoid, tgenabled)
    FROM pg_trigger
) AS t (each)  -- those of foreign keys have the number of one made anew in their names
UNION ALL SELECT 'schema public', nspowner::text || coalesce(nspacl, acldefault('n', nspowner))::text
FROM pg_namespace WHERE nspname = 'public'
UNION ALL SELECT 'role ' || rolname, concat(rolsuper, rolcanlogin, rolcreaterole, rolcreatedb) FROM pg_roles
UNION ALL SELECT concat('settings of ', setdatabase, ' ', setrole), setconfig::text FROM pg_db_role_setting
UNION ALL SELECT 'database ' || datname, '' FROM pg_database
"""


def standing(superuser: psycopg.Connection[Any]) -> Standing:
    """What stands in the session's database and on its server."""
    return dict(superuser.execute(_STANDING, prepare=True).fetchall())


def changed(before: Standing, after: Standing) -> list[str]:
    """What stands otherwise, came or went."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
