"""Letters that ask to keep something leave by what notices leave by: words about columns alone, nothing is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("police", "0007_keep_requests")]

    operations = [
        migrations.AlterField("keeprequest", "address", models.CharField(max_length=320)),
        migrations.AlterField("keeprequest", "raw", models.BinaryField()),
        migrations.AlterField(
            "keeprequest", "retry_at", models.DateTimeField(help_text="Real time; none: at once", null=True)
        ),
        migrations.AlterField("keeprequest", "lease_until", models.DateTimeField(help_text="Real time", null=True)),
    ]
