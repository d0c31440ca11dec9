"""Letters that ask companies to keep something for an authority. No row is written anew."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import orbweaver.platform.fields


class Migration(migrations.Migration):
    dependencies = [
        ("police", "0006_orders"),
        ("providers", "0003_contact_first"),
        ("review", "0005_read_by_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="KeepRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=orbweaver.platform.fields.NewPublicId("kpr"),
                        editable=False,
                        max_length=24,
                        unique=True,
                    ),
                ),
                ("address", models.CharField(help_text="The contact's when it was written", max_length=320)),
                (
                    "urls",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        help_text="What is to be kept, exact; the letter has them harmless",
                        size=None,
                    ),
                ),
                ("authority", models.CharField(help_text="For whom, such as a public prosecutor", max_length=200)),
                ("reference", models.CharField(help_text="The authority's own number for it", max_length=100)),
                ("basis", models.CharField(help_text="The law that it rests on", max_length=300)),
                ("keep_until", models.DateField(help_text="The last day")),
                ("message_id", models.CharField(max_length=200, unique=True)),
                ("raw", models.BinaryField(help_text="The exact bytes that leave")),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("refused", "Refused"),
                            ("uncertain", "Uncertain"),
                        ],
                        default="queued",
                        max_length=9,
                    ),
                ),
                ("sent_at", models.DateTimeField(null=True)),
                ("attempts", models.IntegerField(default=0)),
                (
                    "retry_at",
                    models.DateTimeField(help_text="By the clock that machines share; none: at once", null=True),
                ),
                ("lease", models.UUIDField(help_text="Of the worker that has it", null=True)),
                ("lease_until", models.DateTimeField(help_text="By the same clock", null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="providers.contact"
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="keep_requests",
                        to="review.reviewitem",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["queued", "sending"])),
                        fields=["id"],
                        name="keep_request_waits",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("item", "contact", "authority", "reference"), name="asked_once_to_keep_for_a_case"
                    )
                ],
            },
        ),
    ]
