"""What cannot be taken up holds up nothing else."""

import datetime as dt

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0002_totakeup")]

    operations = [
        migrations.AddField(
            model_name="totakeup",
            name="not_before",
            field=models.DateTimeField(
                default=dt.datetime(1970, 1, 1, tzinfo=dt.UTC), help_text="Real time; later once it could not be taken up"
            ),
        ),
    ]
