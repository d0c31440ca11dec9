from django.db import migrations, models

PLACEHOLDERS = """
UPDATE notices_outboxmessage SET is_draft = true
WHERE state IN ('queued', 'failed') AND left_at IS NULL
    AND (message_id LIKE '%@hotline.example>' OR position('Example Hotline'::bytea IN raw) > 0)
"""
"""What waits with the identity that the program brought with it is composed anew, like what comes from now on."""


class Migration(migrations.Migration):

    dependencies = [
        ("notices", "0012_news_of_identification"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="is_draft",
            field=models.BooleanField(default=False, help_text="Composed before the hotline had said who it is: composed anew before it leaves"),
        ),
        migrations.RunSQL(PLACEHOLDERS, migrations.RunSQL.noop),
    ]
