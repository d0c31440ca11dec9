"""What crawlers recorded waits for the worker, who hands it to those above."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ToTakeUp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recorded_at", models.DateTimeField(help_text="Of its batch (domain time)")),
                (
                    "sighting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="to_take_up",
                        to="matching.sighting",
                    ),
                ),
            ],
        ),
    ]
