"""How many entries an import took back that only an earlier, other reading of its file had added."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hashlists", "0006_listimport_read_as")]

    operations = [
        migrations.AddField(
            model_name="listimport",
            name="taken_back",
            field=models.IntegerField(
                db_default=0,
                default=0,
                help_text="Entries withdrawn that only the readings had added which it replaced",
            ),
        ),
    ]
