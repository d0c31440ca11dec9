"""Hosts whose addresses are to be worked out anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("transparency", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ChangedSite",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(max_length=260)),
            ],
        ),
    ]
