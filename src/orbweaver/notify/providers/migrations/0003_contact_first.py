"""A person says which contact is tried first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("providers", "0002_languages")]

    operations = [
        migrations.AddField(
            "contact",
            "first_at",
            models.DateTimeField(null=True, help_text="When a person put it before the others; the latest is first"),
        )
    ]
