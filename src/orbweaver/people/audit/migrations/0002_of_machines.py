"""What a machine of a fleet may add to the log, and who may seal it."""

from django.db import migrations

from orbweaver.platform.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [run_file(__file__, "of_machines.sql")]
