"""Whoever asks for what changed since a time reads that alone, and no longer all entries."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hashlists", "0008_moves_counted_once")]

    operations = [
        migrations.AddIndex(
            model_name="hashlistentry",
            index=models.Index(fields=["changed_at"], name="entry_by_time"),
        )
    ]
