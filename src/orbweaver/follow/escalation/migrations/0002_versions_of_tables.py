"""Names of versions of the policy have room: one of ours with a hotline's rows laid over it is longer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("escalation", "0001_initial")]

    operations = [
        migrations.AlterField(model_name="step", name="policy_version", field=models.CharField(max_length=50)),
    ]
