"""How whoever reported something may be asked, if they wish."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0002_report_withdrawn_at")]

    operations = [
        migrations.AddField(
            model_name="report",
            name="contact",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="How whoever reported it may be asked",
                max_length=200,
            ),
        ),
    ]
