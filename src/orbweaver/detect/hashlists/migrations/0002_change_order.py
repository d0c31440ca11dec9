from django.db import migrations


class Migration(migrations.Migration):
    """The order of changes that the match index follows."""

    dependencies = [("hashlists", "0001_initial")]
    operations = [migrations.RunSQL("CREATE SEQUENCE hashlists_change AS bigint", migrations.RunSQL.noop)]
