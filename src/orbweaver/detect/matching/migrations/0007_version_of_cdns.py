"""What an answer's headers tell of a CDN keeps the version of the table that says so. What was before has none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0006_sighting_lead")]

    operations = [
        migrations.AddField(
            model_name="front",
            name="cdns_version",
            field=models.CharField(
                db_default="",
                default="",
                help_text="Of the table of CDNs by which they told it last",
                max_length=50,
            ),
        )
    ]
