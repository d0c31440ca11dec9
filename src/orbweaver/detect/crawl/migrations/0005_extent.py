"""How many addresses a lead, a host and a domain brought in. What is in the frontier already is not counted."""

from django.db import migrations, models

from orbweaver.platform.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("crawl", "0004_frontierurl_led_to_id"), ("machines", "0005_rows_within_bounds")]

    operations = [
        migrations.CreateModel(
            name="Extent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=260, unique=True)),
                ("addresses", models.BigIntegerField(help_text="New ones, since it was first seen")),
                (
                    "finds",
                    models.BigIntegerField(help_text="Of what is known; each makes room for as many addresses again"),
                ),
                (
                    "full_at",
                    models.DateTimeField(help_text="Since when it is followed no further (real time)", null=True),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("full_at__isnull", False)), fields=["-full_at"], name="extent_full"
                    )
                ],
            },
        ),
        run_file(__file__, "extent_within_bounds.sql"),
    ]
