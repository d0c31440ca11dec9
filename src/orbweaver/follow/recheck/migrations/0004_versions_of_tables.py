"""An observation keeps the version of the table that said what the page meant."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recheck", "0003_not_plain")]

    operations = [
        migrations.AddField(
            model_name="observation",
            name="rules_version",
            field=models.CharField(
                max_length=50, blank=True, db_default="", help_text="Of the table pages, in force then; empty: not kept"
            ),
        ),
    ]
