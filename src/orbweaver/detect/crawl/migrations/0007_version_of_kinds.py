"""A site keeps the version of the table that told its kind. What was before has none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crawl", "0006_stoppedlead")]

    operations = [
        migrations.AddField(
            model_name="site",
            name="kinds_version",
            field=models.CharField(
                db_default="",
                default="",
                help_text="Of the table that told its kind; none: a person, or unknown",
                max_length=50,
            ),
        )
    ]
