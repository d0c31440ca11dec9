"""Imports that wait for a second person's agreement."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hashlists", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="uploadedlist",
            name="is_held",
            field=models.BooleanField(db_default=False, default=False, help_text="Until a second person agrees"),
        ),
    ]
