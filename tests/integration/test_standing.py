"""What tests leave behind on their database server is seen at the end of their file."""

from __future__ import annotations

import pytest
from django.db import connection
from tests.emptying import Emptying
from tests.standing import changed, standing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("ALTER TABLE audit_event OWNER TO postgres", "table audit_event"),
        ("GRANT SELECT ON audit_event TO PUBLIC", "table audit_event"),
        ("GRANT SELECT (kind) ON audit_event TO PUBLIC", "right to columns of audit_event"),
        ("ALTER TABLE audit_event DISABLE TRIGGER USER", "triggers"),
        ("ALTER FUNCTION audit_refuse_change() OWNER TO postgres", "functions"),
        ("REVOKE EXECUTE ON FUNCTION lo_create(oid) FROM PUBLIC", "large objects"),
        ("ALTER SCHEMA public OWNER TO postgres", "schema public"),
        ("CREATE ROLE left_behind", "role left_behind"),
        ("CREATE TABLE left_behind ()", "table left_behind"),
    ],
)
def test_who_owns_and_may_what_is_seen_when_it_changed(statement: str, found: str, emptying: Emptying) -> None:
    session = emptying.session(str(connection.settings_dict["NAME"]))
    with session.transaction(force_rollback=True):
        before = standing(session)
        session.execute(statement.encode())
        assert changed(before, standing(session)) == [found]
    assert not changed(before, standing(session))
