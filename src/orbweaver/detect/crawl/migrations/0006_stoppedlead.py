"""Leads that people stop. No row is written anew."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crawl", "0005_extent")]

    operations = [
        migrations.CreateModel(
            name="StoppedLead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("stopped_at", models.DateTimeField(help_text="Domain time")),
                (
                    "lead",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stopped", to="crawl.lead"
                    ),
                ),
            ],
        ),
        migrations.AlterField(
            model_name="frontierurl",
            name="due_at",
            field=models.DateTimeField(
                help_text="Real time; while later. None then: not before its lead is resumed", null=True
            ),
        ),
    ]
