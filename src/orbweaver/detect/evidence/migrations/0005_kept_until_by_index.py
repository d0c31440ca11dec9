"""What is due is found by an index of what is still there: in years most rows are of what is erased."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evidence", "0004_on_hold_by_index")]

    operations = [
        migrations.AlterField("evidenceobject", "retain_until", models.DateTimeField()),
        migrations.AddIndex(
            model_name="evidenceobject",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", True)), fields=["retain_until"], name="evidence_kept_until"
            ),
        ),
    ]
