"""Grants that are bound to an organisation, countries and cases. Those that exist stay unbound; no row is written anew."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_agreements_alone")]

    operations = [
        migrations.AddField(
            model_name="rolegrant",
            name="organisation",
            field=models.ForeignKey(
                help_text="Of it alone; none: of any",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organisation",
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="countries",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=2),
                db_default=[],
                default=list,
                help_text="Of these alone; none: of any",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="cases",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=24),
                db_default=[],
                default=list,
                help_text="Series, referrals and orders by their numbers: of these alone; none: of any",
                size=None,
            ),
        ),
    ]
