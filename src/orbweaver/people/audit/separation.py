"""The audit log belongs to a role of its own, as which nobody can sign in.

The application's role may then add events, have them sealed by a function of the owner, and read. It can neither change
an event nor switch off the trigger that refuses it, whatever is injected into its statements and whoever has its
password. An administrator of the server still can; what they remove or rewrite is found by heads outside.

The log is given away by an administrator, once it was made, and lent back for the time of a migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from django.db import connection
from psycopg import sql

from orbweaver.errors import Unavailable
from orbweaver.people.audit.messages import NOT_GIVEN_AWAY

OWNER: Final = "orbweaver_audit"
GIVING_LOCK: Final = 0x6F72_616F
"""Advisory lock of whoever changes the owner ("orao"): one at a time."""

_MAKE_OWNER: Final = f"""
DO $$ BEGIN
    CREATE ROLE {OWNER} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$"""

# Whoever made a role may take it on, and has to before something of theirs goes to it: a superuser alone has not.
_REACH: Final = """
DO $$ DECLARE role name; BEGIN
    FOREACH role IN ARRAY ARRAY[{to_name}, {application_name}]::name[] LOOP
        IF NOT pg_has_role(current_user, role, 'SET') OR NOT pg_has_role(current_user, role, 'USAGE') THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', role);
        END IF;
    END LOOP;
END $$"""

# The schema goes along: its owner may drop whatever is in it.
_GIVE: Final = """
ALTER SCHEMA public OWNER TO {to};
GRANT USAGE, CREATE ON SCHEMA public TO {application};
ALTER TABLE public.audit_event OWNER TO {to};
ALTER FUNCTION public.audit_refuse_change() OWNER TO {to};
ALTER FUNCTION public.audit_seal(bigint[], bigint[], bytea[]) OWNER TO {to};
REVOKE ALL ON public.audit_event FROM {application};
GRANT SELECT, INSERT ON public.audit_event TO {application};
GRANT SELECT ON SEQUENCE public.audit_event_id_seq TO {application};
REVOKE ALL ON FUNCTION public.audit_seal(bigint[], bigint[], bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.audit_seal(bigint[], bigint[], bytea[]) TO {application}"""

_LEND: Final = """
ALTER TABLE public.audit_event OWNER TO {application};
ALTER FUNCTION public.audit_refuse_change() OWNER TO {application};
ALTER FUNCTION public.audit_seal(bigint[], bigint[], bytea[]) OWNER TO {application}"""


def is_separate() -> bool:
    """Whether the log belongs to a role that the application's own cannot become; True where there is no log yet."""
    return _owned_by_another() is not False


def separate(administrator: str) -> None:
    """Give the log away. ``administrator``: address of the same database, as a role that may do so; repeatable.

    Raises Unavailable: that role may not, or cannot connect.
    """
    _as_administrator(administrator, _MAKE_OWNER, _REACH, _GIVE)


@contextmanager
def lent_back(administrator: str | None) -> Iterator[None]:
    """Within it, the log is the application's again, for a migration. Given away by ``separate``, which whoever starts
    next does, too, should this process end in between. Without an administrator nothing happens."""
    if administrator is None or not _owned_by_another():
        yield
        return
    _as_administrator(administrator, _REACH, _LEND)
    try:
        yield
    finally:
        separate(administrator)


def _owned_by_another() -> bool | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT pg_has_role(current_user, relowner, 'MEMBER') FROM pg_class"
            " WHERE oid = to_regclass('public.audit_event')"
        )
        row = cursor.fetchone()
    return None if row is None else bool(row[0])


def _as_administrator(administrator: str, *statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        application = cursor.fetchone()[0]
    names: dict[str, sql.Composable] = {"application": sql.Identifier(application), "to": sql.Identifier(OWNER)}
    names |= {"application_name": sql.Literal(application), "to_name": sql.Literal(OWNER)}
    try:
        with psycopg.connect(administrator, connect_timeout=10) as session:
            session.execute("SELECT pg_advisory_xact_lock(%s)", [GIVING_LOCK])
            for statement in statements:
                session.execute(sql.SQL(statement).format(**names) if "{" in statement else sql.SQL(statement))
    except psycopg.Error as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise Unavailable(NOT_GIVEN_AWAY.of(reason=reason)) from None
