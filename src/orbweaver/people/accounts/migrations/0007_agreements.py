"""Agreements are rows of their own. What an organisation had holds on as before, and covers everything.

One that had neither a day nor words, whose keys worked all the same, has an agreement without an end from now on.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import orbweaver.platform.fields
from django.db import migrations, models
from orbweaver.platform.identifiers import public_id

EVERYTHING = ["assess", "share", "scan", "receive"]


def carry_over(apps, schema_editor):
    """Each organisation's agreement as a row."""
    agreement = apps.get_model("accounts", "Agreement")
    organisations = apps.get_model("accounts", "Organisation").objects.order_by("pk")
    agreement.objects.bulk_create(
        agreement(
            public_id=public_id("agr"),
            organisation=each,
            title=each.agreement,
            scope=EVERYTHING,
            ends_on=each.agreement_ends_on,
        )
        for each in organisations
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_apikey_networks")]

    operations = [
        migrations.CreateModel(
            name="Agreement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=orbweaver.platform.fields.NewPublicId("agr"),
                        editable=False,
                        max_length=24,
                        unique=True,
                    ),
                ),
                (
                    "title",
                    models.CharField(blank=True, help_text="Agreement or membership, in words", max_length=200),
                ),
                (
                    "scope",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("assess", "assess"),
                                ("share", "share"),
                                ("scan", "scan"),
                                ("receive", "receive"),
                            ],
                            max_length=8,
                        ),
                        size=None,
                    ),
                ),
                (
                    "countries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=2),
                        default=list,
                        help_text="Of the forces and people it is for; none: any",
                        size=None,
                    ),
                ),
                ("terms", models.TextField(blank=True, help_text="What else was agreed on", max_length=4000)),
                (
                    "document",
                    models.CharField(blank=True, help_text="Where the signed document is kept", max_length=300),
                ),
                (
                    "document_sha256",
                    models.BinaryField(help_text="Of the document, which is not kept here", max_length=32, null=True),
                ),
                ("begins_on", models.DateField(help_text="Its first day; none: it holds already", null=True)),
                ("ends_on", models.DateField(help_text="Its last day; none: until somebody ends it", null=True)),
                ("recorded_at", models.DateTimeField(null=True)),
                (
                    "ended_at",
                    models.DateTimeField(help_text="When somebody ended it before its last day", null=True),
                ),
                ("ended_because", models.CharField(blank=True, max_length=300)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agreements",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={"ordering": ["-pk"]},
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
