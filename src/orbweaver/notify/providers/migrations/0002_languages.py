"""The languages of notices are the folders that are there; the table keeps what somebody chose."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("providers", "0001_initial")]

    operations = [
        migrations.AlterField(
            "contact",
            "language",
            models.CharField(default="en", help_text="Of notices to it; its folder's name", max_length=5),
        )
    ]
