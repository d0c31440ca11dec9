"""What cannot be taken up holds up nothing else."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0002_totakeup")]

    operations = [
        migrations.AddField(
            model_name="totakeup",
            name="failed_at",
            field=models.DateTimeField(help_text="When it could not be taken up, last (real time)", null=True),
        ),
    ]
