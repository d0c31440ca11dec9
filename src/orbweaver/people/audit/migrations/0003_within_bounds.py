"""No event is added that cannot be sealed."""

from django.db import migrations

from orbweaver.platform.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_of_machines"), ("machines", "0004_within_bounds")]

    operations = [run_file(__file__, "within_bounds.sql")]
