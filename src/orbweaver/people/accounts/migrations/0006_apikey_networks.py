"""Networks from which a key works. No row is written anew."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_passkeys")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="networks",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=50),
                db_default=[],
                default=list,
                help_text="Networks from which it works, such as `192.0.2.0/24`; none: from any",
                size=None,
            ),
        ),
    ]
