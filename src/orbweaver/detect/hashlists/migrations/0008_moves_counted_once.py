"""Entries that change their state are counted once a statement, no longer once a row."""

from django.db import migrations

from orbweaver.platform.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("hashlists", "0007_listimport_taken_back")]

    operations = [run_file(__file__, "counted_once.sql")]
