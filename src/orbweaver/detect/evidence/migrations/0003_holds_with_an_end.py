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
    ]
