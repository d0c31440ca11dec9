"""What an organisation agreed on stands in its agreements alone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_agreements")]

    operations = [
        migrations.RemoveField(model_name="organisation", name="agreement"),
        migrations.RemoveField(model_name="organisation", name="agreement_ends_on"),
    ]
