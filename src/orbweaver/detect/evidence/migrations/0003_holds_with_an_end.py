"""A legal hold names its authority and may end by itself. Those that stand go on until they are lifted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evidence", "0002_kept_as_long")]

    operations = [
        migrations.AddField(
            model_name="evidenceobject",
            name="held_for",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="The authority that wants it kept", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="evidenceobject",
            name="held_until",
            field=models.DateField(help_text="Last day of the hold, in UTC; none: until it is lifted", null=True),
        ),
        # As for every time that a machine may write (people/machines/migrations/within_bounds.sql). No row has one yet.
        migrations.RunSQL(
            "ALTER TABLE evidence_evidenceobject ADD CONSTRAINT evidence_evidenceobject_held_until_within_bounds"
            " CHECK (held_until >= DATE '1970-01-01' AND held_until < DATE '3000-01-01') NOT VALID",
            "ALTER TABLE evidence_evidenceobject DROP CONSTRAINT evidence_evidenceobject_held_until_within_bounds",
        ),
    ]
