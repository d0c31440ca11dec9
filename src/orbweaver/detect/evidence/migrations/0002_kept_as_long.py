"""No machine of a fleet brings forward when evidence is erased."""

from django.db import migrations

from orbweaver.platform.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_initial")]

    operations = [run_file(__file__, "kept_as_long.sql")]
