"""What is done leaves the frontier: where its key, its details and the figures of leads are then. No row is written
anew; the indexes are built before it, while others read and write."""

import django.db.models.deletion
from django.db import migrations, models

from orbweaver.platform.sql_files import run_file

KINDS = [(0, "Unknown"), (1, "Page"), (2, "Media")]


class Migration(migrations.Migration):
    dependencies = [("crawl", "0010_passedover")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[run_file(__file__, "away.sql")],
            state_operations=[
                migrations.CreateModel(
                    name="AwayUrl",
                    fields=[
                        (
                            "number",
                            models.BigIntegerField(
                                help_text="What it had in the frontier", primary_key=True, serialize=False
                            ),
                        ),
                        ("key", models.UUIDField(help_text="The first half of the key in the frontier")),
                        ("fetched_on", models.DateField(help_text="Domain time")),
                        ("kind", models.SmallIntegerField(choices=KINDS)),
                        ("hops", models.SmallIntegerField()),
                    ],
                ),
                migrations.CreateModel(
                    name="AwayDetails",
                    fields=[
                        (
                            "first",
                            models.BigIntegerField(
                                help_text="The lowest number in it; PostgreSQL does not know it",
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("last", models.BigIntegerField(help_text="The highest")),
                        ("fetched_on", models.DateField(help_text="The first day of the quarter")),
                        ("data", models.BinaryField()),
                    ],
                ),
            ],
        ),
        migrations.CreateModel(
            name="AwayCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.SmallIntegerField(choices=KINDS)),
                ("error", models.CharField(max_length=24, blank=True)),
                ("is_file", models.BooleanField(help_text="It has digests")),
                ("is_picture", models.BooleanField(help_text="It has a perceptual hash")),
                ("since_made", models.BooleanField(help_text="It was fetched after the lead was made")),
                ("addresses", models.BigIntegerField()),
                (
                    "lead",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="away",
                        to="crawl.lead",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("lead", "kind", "error", "is_file", "is_picture", "since_made"), name="away_count_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="frontierurl",
            index=models.Index(condition=models.Q(("kind", 2)), fields=["parent_id"], name="frontier_shown_on"),
        ),
        migrations.AddIndex(
            model_name="frontierurl",
            index=models.Index(
                condition=models.Q(("led_to_id__isnull", False)), fields=["led_to_id"], name="frontier_led_to"
            ),
        ),
        migrations.AddIndex(
            model_name="otherpage",
            index=models.Index(fields=["page_id"], name="other_page_of"),
        ),
    ]
