"""Keys of police that are bound as a liaison's role is. Those that exist stay unbound; no row is written anew."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_bound_roles")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="is_bound",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="It finds what its own organisation's forces were told or said alone",
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="countries",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=2),
                db_default=[],
                default=list,
                help_text="Bound to forces of these; none: any",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="apikey",
            name="cases",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=24),
                db_default=[],
                default=list,
                help_text="Bound to these by number; none: any",
                size=None,
            ),
        ),
    ]
