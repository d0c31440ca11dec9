"""The moment that was noted last while changes wait, by two clocks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("changes", "0002_no_passwords")]

    operations = [
        migrations.CreateModel(
            name="Tick",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(help_text="By the machine's clock")),
                ("run", models.CharField(help_text="Which run of which machine", max_length=64)),
                ("running_s", models.FloatField(help_text="How long that run had lasted, seconds")),
            ],
        ),
    ]
