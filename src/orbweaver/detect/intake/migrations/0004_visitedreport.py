"""Reports for which a visit was recorded wait for the worker, who closes those that are answered."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0003_contact")]

    operations = [
        migrations.CreateModel(
            name="VisitedReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="visits", to="intake.report"
                    ),
                ),
            ],
        ),
    ]
