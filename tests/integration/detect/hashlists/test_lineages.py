"""Which history of the database this is, also where the server cannot read its own control file."""

from __future__ import annotations

import pytest
from django.db import connection

from orbweaver.detect.hashlists.lineages import place_now

DENIED = """
CREATE FUNCTION public.pg_control_system() RETURNS TABLE (system_identifier bigint) LANGUAGE plpgsql AS
$$ BEGIN RAISE insufficient_privilege; END; $$;
SET LOCAL search_path = public, pg_catalog;
"""
"""An embedded server in a folder below somebody else's closed one: root's home."""


@pytest.mark.django_db
def test_a_server_that_cannot_open_its_control_file_still_says_its_history() -> None:
    read = place_now().lineage
    with connection.cursor() as cursor:
        cursor.execute(DENIED)
        assert place_now().lineage == place_now().lineage
        denied = place_now().lineage
    assert denied.startswith("table ")
    assert denied.split("/")[1:] == read.split("/")[1:], "the database and the timeline are told as before"
