"""Reports of a request that a survivor withdrew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="report",
            name="withdrawn_at",
            field=models.DateTimeField(
                help_text="The survivor wants no more of it: what is there is no longer put first for it", null=True
            ),
        ),
    ]
