"""What is gone for us, and could not be asked for through the second network, is counted for whoever is on call."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recheck", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="rechecktarget",
            index=models.Index(
                condition=models.Q(("reason", "second_network")), fields=["checked_at"], name="recheck_unconfirmed"
            ),
        ),
    ]
