from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crawl", "0006_vacuum_early")]

    operations = [
        migrations.AddField(
            model_name="frontierurl",
            name="other_prints",
            field=models.BinaryField(
                help_text="MD5, SHA-1 and the three mirrored PDQ hashes, one after the other", max_length=132, null=True
            ),
        ),
    ]
