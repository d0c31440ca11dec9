"""Who paused an exchange: a client resumes what it paused itself, and nothing that the hotline did."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0002_exchanges_of_banks")]

    operations = [
        migrations.AddField(
            model_name="exchange",
            name="paused_by",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The client that paused it and may resume it; empty: the hotline",
                max_length=200,
            ),
            preserve_default=False,
        ),
    ]
