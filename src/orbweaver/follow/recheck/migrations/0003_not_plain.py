"""Addresses whose last check has no plain word are counted without reading all the others."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recheck", "0002_unconfirmed")]

    operations = [
        migrations.AddIndex(
            model_name="rechecktarget",
            index=models.Index(
                condition=models.Q(
                    models.Q(("reason", ""), _negated=True),
                    ("outcome__in", ["blocked", "unreachable", "unclear"]),
                    _connector="OR",
                ),
                fields=["notice_url"],
                name="recheck_not_plain",
            ),
        ),
    ]
