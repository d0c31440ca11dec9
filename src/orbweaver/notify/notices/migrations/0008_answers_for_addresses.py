"""What a provider answers may be about some of a notice's addresses."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0007_kept_on_request")]

    operations = [
        migrations.AddField(
            model_name=name,
            name="addresses",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                help_text="Numbers of the notice's addresses that it is about; none: all",
                null=True,
                size=None,
            ),
        )
        for name in ("reply", "pushback")
    ]
