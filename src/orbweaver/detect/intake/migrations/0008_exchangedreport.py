"""Reports that an exchange of hotlines handed over, with what was said of them there."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0007_report_organisation"), ("exchanges", "0005_what_was_decided")]

    operations = [
        migrations.CreateModel(
            name="ExchangedReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(help_text="Theirs for the address", max_length=80)),
                (
                    "verdict",
                    models.JSONField(
                        default=dict, help_text="As exchanges.verdicts has it; nothing where none was given"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "exchange",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="exchanges.exchange"
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="handed_over", to="intake.report"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("exchange", "number"), name="handed_over_once")]
            },
        )
    ]
