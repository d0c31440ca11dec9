"""Machines of a fleet. Who signs in as a machine's role sees and changes the machine's own row alone."""

import orbweaver.platform.fields
from django.db import migrations, models

OWN_ROW = """
ALTER TABLE machines_machine ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_row ON machines_machine USING (role = current_user);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Machine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=orbweaver.platform.fields.NewPublicId("mch"),
                        editable=False,
                        max_length=24,
                        unique=True,
                    ),
                ),
                ("part", models.CharField(help_text="What it may do: the name of a part", max_length=20)),
                (
                    "role",
                    models.CharField(
                        help_text="The database's role as which it signs in", max_length=60, unique=True
                    ),
                ),
                ("invited_at", models.DateTimeField()),
                (
                    "invited_by",
                    models.CharField(help_text="Who: a public identifier, or the command line", max_length=40),
                ),
                ("expires_at", models.DateTimeField(help_text="Until when the token counts")),
                ("name", models.CharField(blank=True, help_text="What it calls itself", max_length=100)),
                ("version", models.CharField(blank=True, help_text="Of the program", max_length=40)),
                ("joined_at", models.DateTimeField(null=True)),
                (
                    "kept_at",
                    models.DateTimeField(
                        help_text="Since when its role is not bound to the token's hour any more", null=True
                    ),
                ),
                ("seen_at", models.DateTimeField(help_text="When it last said that it lives", null=True)),
                ("done", models.BigIntegerField(default=0, help_text="Addresses that it has recorded")),
                (
                    "draining_since",
                    models.DateTimeField(
                        help_text="It takes nothing new and ends what it has in hand", null=True
                    ),
                ),
                ("gone_at", models.DateTimeField(null=True)),
                (
                    "gone_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("left", "Left"),
                            ("revoked", "Revoked"),
                            ("lapsed", "nobody joined with its token"),
                        ],
                        max_length=10,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(OWN_ROW, migrations.RunSQL.noop),
    ]
