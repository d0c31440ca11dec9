"""A site keeps the version of the table that told it to be a walled garden. What was before has none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crawl", "0007_version_of_kinds")]

    operations = [
        migrations.AddField(
            model_name="site",
            name="cover_version",
            field=models.CharField(
                db_default="",
                default="",
                help_text="Of the table that told a walled garden; none: it is none",
                max_length=50,
            ),
        )
    ]
