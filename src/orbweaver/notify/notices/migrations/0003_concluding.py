"""A doubt about a message is concluded, as everywhere else in the words of this house."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0002_together")]

    # an index keeps the name of the field that it was made for: both are made anew
    operations = [
        migrations.RemoveIndex(model_name="outboxmessage", name="outbox_uncertain"),
        migrations.RemoveIndex(model_name="outboxmessage", name="outbox_last_copied"),
        migrations.RenameField(model_name="outboxmessage", old_name="settle_at", new_name="conclude_at"),
        migrations.AlterField(
            model_name="outboxmessage",
            name="conclude_at",
            field=models.DateTimeField(
                help_text="Real time from which a doubt about it can be concluded; none: its channel has no way to",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("state", "uncertain")), fields=["conclude_at"], name="outbox_uncertain"
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("journalled_at__isnull", False)), fields=["-conclude_at"], name="outbox_last_copied"
            ),
        ),
    ]
