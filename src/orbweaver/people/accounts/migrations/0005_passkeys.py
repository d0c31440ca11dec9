"""Passkeys."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_sign_ins")]

    operations = [
        migrations.CreateModel(
            name="Passkey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(help_text="What the person calls it", max_length=60)),
                ("credential_id", models.BinaryField(max_length=1023, unique=True)),
                (
                    "public_key",
                    models.BinaryField(help_text="As WebAuthn's attested credential data", max_length=4096),
                ),
                (
                    "uses",
                    models.BigIntegerField(help_text="As it counted at its last use; 0: it does not count"),
                ),
                ("added_at", models.DateTimeField(help_text="Real time")),
                ("used_at", models.DateTimeField(help_text="Real time; none: not yet", null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="passkeys",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["pk"]},
        ),
    ]
