"""Names of versions of tables of rules have room, and a sign of commerce keeps that of the table that told it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conduct", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="providerconduct",
            name="rules_version",
            field=models.CharField(max_length=50, help_text="Of the table spectrum, in force then"),
        ),
        migrations.AddField(
            model_name="commercesign",
            name="rules_version",
            field=models.CharField(
                max_length=50, blank=True, db_default="", help_text="Of the table commerce that told it first; empty: not kept"
            ),
        ),
    ]
