"""Rows from before are put right, and their bounds held to be true; apart, so that the tables are locked for no longer."""

from django.db import migrations

from orbweaver.platform.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("machines", "0004_within_bounds")]

    operations = [run_file(__file__, "rows_within_bounds.sql")]
