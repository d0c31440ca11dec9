"""The lead by which something was seen first, so that logs go on under it once another lead came to the same page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0005_oftenfound")]

    operations = [
        migrations.AddField(
            model_name="sighting",
            name="lead_id",
            field=models.BigIntegerField(
                help_text="crawl.Lead by which it was seen first: logs go on under it", null=True
            ),
        ),
    ]
