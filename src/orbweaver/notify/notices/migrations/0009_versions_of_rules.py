"""Notices and messages keep the versions of the tables by which they were decided. What was before has none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0008_answers_for_addresses")]

    operations = [
        migrations.AddField(
            model_name=model,
            name=name,
            field=models.CharField(db_default="", default="", help_text=words, max_length=50),
        )
        for model, name, words in (
            ("notice", "hotlines_version", "Of the table of hotlines that its route was asked of, if any"),
            ("notice", "cadence_version", "Of the policy by which the next reminder is due"),
            ("outboxmessage", "duties_version", "Of the table of duties to report that its letter tells of"),
            ("outboxmessage", "cadence_version", "Of the policy by which its letter names the next reminder"),
        )
    ]
