"""By which region the words of a file are read that was handed in by page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hashlists", "0004_lineage")]

    operations = [
        migrations.AddField(
            model_name="uploadedlist",
            name="region",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="By which its words are read; else as it says",
                max_length=8,
            ),
        ),
    ]
