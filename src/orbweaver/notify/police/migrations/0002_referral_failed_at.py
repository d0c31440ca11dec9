"""Referrals that could not be written wait and hold up no other."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("police", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="referral",
            name="failed_at",
            field=models.DateTimeField(help_text="When it last could not be written; it is tried again", null=True),
        ),
    ]
