"""Objections have a day by which they are answered (R70)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0005_read_by_index")]

    operations = [
        migrations.AddField(
            model_name="pushback",
            name="answer_by",
            field=models.DateTimeField(
                help_text="By when we said that it is answered; none: it is older than such a promise", null=True
            ),
        ),
    ]
