"""A doubt about a message is concluded, as everywhere else in the words of this house."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_together")]

    operations = [
        migrations.RenameField(model_name="outboxmessage", old_name="settle_at", new_name="conclude_at"),
        migrations.AlterField(
            model_name="outboxmessage",
            name="conclude_at",
            field=models.DateTimeField(
                help_text="Real time from which a doubt about it can be concluded; none: its channel has no way to",
                null=True,
            ),
        ),
    ]
