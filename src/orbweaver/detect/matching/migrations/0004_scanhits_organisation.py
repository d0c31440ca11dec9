"""Whose scans found an entry: one organisation alone puts none aside."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0003_totakeup_not_before")]

    operations = [
        migrations.RemoveConstraint(model_name="scanhits", name="scan_hits_once_an_hour"),
        migrations.AddField(
            model_name="scanhits",
            name="organisation",
            field=models.CharField(
                default="", help_text="Whose scans; empty: of before that was kept", max_length=200
            ),
        ),
        migrations.AddConstraint(
            model_name="scanhits",
            constraint=models.UniqueConstraint(
                fields=("entry", "hour", "organisation"), name="scan_hits_of_each_once_an_hour"
            ),
        ),
    ]
