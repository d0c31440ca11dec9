"""Messages that leave in one mail (R48)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="carried_by",
            field=models.ForeignKey(
                help_text="The message in whose mail it went, with others for the same contact; it keeps its own "
                "occasion",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="carried",
                to="notices.outboxmessage",
            ),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("left_at__isnull", False)), fields=["contact", "-left_at"], name="outbox_last_left"
            ),
        ),
    ]
