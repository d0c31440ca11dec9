"""A URL of a notice keeps the version of the table that left out pages that a query makes. What was before has none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0009_versions_of_rules")]

    operations = [
        migrations.AddField(
            model_name="noticeurl",
            name="queries_version",
            field=models.CharField(
                db_default="",
                default="",
                help_text="Of the table that told these from pages that a query makes",
                max_length=50,
            ),
        )
    ]
