"""What a find is good for is said anew: no table changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crawl", "0008_version_of_cover")]

    operations = [
        migrations.AlterField(
            "extent",
            "finds",
            models.BigIntegerField(
                help_text="Of what is known; each time they double there is room for as many addresses again"
            ),
        )
    ]
