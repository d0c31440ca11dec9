"""Hosts where a lease went past what it saw waiting. No row is written anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crawl", "0009_room_by_doubling")]

    operations = [
        migrations.CreateModel(
            name="PassedOver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site_id", models.BigIntegerField()),
                (
                    "unseen_from",
                    models.BigIntegerField(
                        help_text=(
                            "The first transaction that had not begun when this was noticed; none: not noticed yet"
                        ),
                        null=True,
                    ),
                ),
            ],
        ),
    ]
