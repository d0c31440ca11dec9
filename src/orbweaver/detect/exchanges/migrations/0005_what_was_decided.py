"""What other hotlines decided of entries, and under which terms they came; what follows from a verdict says which."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


def verdict(help_text: str) -> models.JSONField:
    return models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict, help_text=help_text)


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0004_opinion_answer_by"), ("hashlists", "0004_lineage")]

    operations = [
        migrations.CreateModel(
            name="StatedTerms",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=32, unique=True)),
                ("by", models.CharField(help_text="Whose terms they are", max_length=200)),
                ("text", models.TextField()),
                ("until", models.DateField(help_text="Last day of use; none: without end", null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StatedVerdict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verdict",
                    models.JSONField(
                        default=dict, help_text="As it came (verdicts.py), with what we have no word for"
                    ),
                ),
                (
                    "series",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        default=list,
                        help_text="Its series, by that hotline's names",
                    ),
                ),
                (
                    "terms",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), default=list, help_text="Digests of StatedTerms"
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stated_verdict",
                        to="hashlists.hashlistentry",
                    ),
                ),
            ],
        ),
        migrations.AddField("feedback", "verdict", verdict("Of ours, that says so (verdicts.py)")),
        migrations.AddField("opinion", "verdict", verdict("Of theirs, as it came (verdicts.py)")),
    ]
