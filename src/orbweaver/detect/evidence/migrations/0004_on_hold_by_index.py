"""What is on hold is found by an index: among a million objects it may be one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evidence", "0003_holds_with_an_end")]

    operations = [
        migrations.AddIndex(
            model_name="evidenceobject",
            index=models.Index(
                condition=models.Q(("held_at__isnull", False)),
                fields=["held_until", "held_at"],
                name="evidence_on_hold",
            ),
        )
    ]
