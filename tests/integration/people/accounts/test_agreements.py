"""What organisations had agreed on before agreements were rows of their own holds on."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from orbweaver.people.accounts.agreements import in_force, not_agreed, scopes_of
from orbweaver.people.accounts.models import Organisation
from orbweaver.people.accounts.rules import ALL_SCOPES, Scope

pytestmark = pytest.mark.django_db
BEFORE = [("accounts", "0006_apikey_networks")]
NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
ROWS = """INSERT INTO accounts_organisation
(public_id, name, kind, country, agreement, vetted_on, agreement_ends_on) VALUES
('org_1', 'Partner', 'hotline', 'FR', 'INHOPE member', '2026-01-01', '2026-11-28'),
('org_2', 'Former', 'hotline', 'DE', 'INHOPE member', '2025-01-01', '2026-11-27'),
('org_3', 'Company', 'industry', 'CA', '', NULL, NULL)"""


def test_an_upgrade_takes_nothing_from_anybody_and_gives_nothing_back() -> None:
    MigrationExecutor(connection).migrate(BEFORE)
    with connection.cursor() as cursor:
        cursor.execute(ROWS)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes("accounts"))
    partner, former, company = (Organisation.objects.get(name=name) for name in ("Partner", "Former", "Company"))
    assert scopes_of(partner, NOW) == ALL_SCOPES
    assert str(partner.agreement) == "INHOPE member"
    assert scopes_of(partner, NOW + dt.timedelta(days=1)) == frozenset()
    assert scopes_of(former, NOW) == frozenset()
    assert scopes_of(company, NOW) == ALL_SCOPES, "its keys go on to work"
    assert set(not_agreed(NOW, Scope.SCAN)) == {former}
    assert in_force(NOW).count() == 2
