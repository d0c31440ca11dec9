"""What each page of the queue asks is read by an index: what somebody answered, what waits, what is with somebody."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0004_look_key"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="assessment",
            index=models.Index(fields=["analyst", "made_at"], include=("item",), name="answer_by_analyst"),
        ),
        migrations.AlterField(
            model_name="assessment",
            name="analyst",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assessments",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("leased_until__isnull", False)), fields=["leased_until"], name="item_by_lease"
            ),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(models.Q(("state", "decided"), _negated=True), ("known_answer", None)),
                fields=["state", "reason", "created_at"],
                name="open_item_by_state",
            ),
        ),
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("decided_at__isnull", False), ("known_answer", None), ("required__gt", 0)),
                fields=["reason", "decided_at"],
                include=("created_at",),
                name="item_by_decision_of_reason",
            ),
        ),
    ]
