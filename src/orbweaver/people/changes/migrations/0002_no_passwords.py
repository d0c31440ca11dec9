"""Nobody chooses another's password any more: none is kept with what waits."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("changes", "0001_initial")]

    operations = [migrations.RunSQL("UPDATE changes_change SET details = details - 'password'", migrations.RunSQL.noop)]
