import django.db.models.deletion
from django.db import migrations, models

import orbweaver.platform.fields


class Migration(migrations.Migration):

    dependencies = [
        ("survivors", "0004_disagreement"),
    ]

    operations = [
        migrations.CreateModel(
            name="AgeProofDisagreement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=orbweaver.platform.fields.NewPublicId("dis"),
                        editable=False,
                        max_length=24,
                        unique=True,
                    ),
                ),
                (
                    "words",
                    models.TextField(blank=True, help_text="What the person wrote; a document may say it alone"),
                ),
                ("made_at", models.DateTimeField()),
                ("answer_by", models.DateTimeField(help_text="By when we said that it is answered")),
                (
                    "outcome",
                    models.CharField(
                        blank=True, choices=[("proved", "Proved"), ("not_proved", "Not Proved")], max_length=10
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "proof",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disagreements",
                        to="survivors.ageproof",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decided_at", None)),
                        fields=("proof",),
                        name="one_open_proof_disagreement",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="ageproofanswer",
            name="disagreement",
            field=models.ForeignKey(
                help_text="With which the person did not agree before; empty: the first time",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="answers",
                to="survivors.ageproofdisagreement",
            ),
        ),
        migrations.AddField(
            model_name="ageproofanswer",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("none", "None"),
                    ("unreadable", "Unreadable"),
                    ("birth", "Birth"),
                    ("time", "Time"),
                    ("whose", "Whose"),
                    ("agent", "Agent"),
                    ("under", "Under"),
                    ("other", "Other"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="ageproofanswer",
            name="why",
            field=models.CharField(help_text="For people of ours", max_length=400),
        ),
    ]
