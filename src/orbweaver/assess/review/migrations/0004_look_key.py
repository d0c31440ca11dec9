"""A look that the page asks for again, as nothing came of it, is known by its key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("review", "0003_note")]

    operations = [
        migrations.AddField(
            "look",
            "key",
            models.CharField(
                blank=True, db_default="", default="", help_text="The page's name for it", max_length=64
            ),
        )
    ]
