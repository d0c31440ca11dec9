"""Where a medium that redirects leads, so that pages which show it later are kept there. No row is written anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crawl", "0003_alive_of_machines")]

    operations = [
        migrations.AddField(
            model_name="frontierurl",
            name="led_to_id",
            field=models.BigIntegerField(
                help_text="Of a medium whose error is ``redirect``: where it leads", null=True
            ),
        ),
    ]
