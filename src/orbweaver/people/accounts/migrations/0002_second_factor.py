"""A second factor beside the password."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SecondFactor",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="second_factor",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("salt", models.BinaryField(max_length=32)),
                (
                    "confirmed_at",
                    models.DateTimeField(help_text="Since when sign-ins need a code (real time)", null=True),
                ),
                ("last_step", models.BigIntegerField(default=0, help_text="Of the last code used: none opens twice")),
                (
                    "spare_codes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BinaryField(max_length=32),
                        default=list,
                        help_text="Digests of those unused",
                        size=None,
                    ),
                ),
            ],
        ),
    ]
