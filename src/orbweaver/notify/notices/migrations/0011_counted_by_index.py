"""Open notices since they were first told, and messages by their state, are counted in an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0010_version_of_queries")]

    operations = [
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["told_at"],
                include=("id", "occasions", "provider"),
                name="notice_open_since",
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage", index=models.Index(fields=["state"], name="outbox_by_state")
        ),
    ]
