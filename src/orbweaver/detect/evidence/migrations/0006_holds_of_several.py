"""Several authorities may want one object kept: each hold is a row, and what is on hold already has its own."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def each_hold_a_row(apps: Any, _editor: Any) -> None:
    stored, hold = (apps.get_model("evidence", name) for name in ("EvidenceObject", "Hold"))
    rows = [
        hold(
            stored=each,
            authority=each.held_for,
            case="",
            because=each.held_because,
            since=each.held_at,
            until=each.held_until,
        )
        for each in stored.objects.filter(held_at__isnull=False)
    ]
    hold.objects.bulk_create(rows, batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("evidence", "0005_kept_until_by_index")]

    operations = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("authority", models.CharField(blank=True, max_length=200)),
                (
                    "case",
                    models.CharField(
                        blank=True, help_text="The order here that it follows; none: by command", max_length=40
                    ),
                ),
                ("because", models.CharField(max_length=300)),
                ("since", models.DateTimeField()),
                ("until", models.DateField(help_text="Its last day, in UTC; none: until it is lifted", null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "stored",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="holds", to="evidence.evidenceobject"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("stored", "authority", "case"), name="hold_of_each_once"
            ),
        ),
        migrations.RunPython(each_hold_a_row, migrations.RunPython.noop),
    ]
