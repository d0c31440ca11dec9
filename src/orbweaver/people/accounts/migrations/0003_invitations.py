"""Invitations, and who made an account alone."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_second_factor")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="made_alone_by",
            field=models.ForeignKey(
                help_text="Who made it, or could have opened it, until a second person has vouched for it",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="invitation",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("language", models.CharField(max_length=10)),
                ("made_at", models.DateTimeField()),
                (
                    "due_at",
                    models.DateTimeField(
                        db_index=True, help_text="When its mail is due; none: it left, or no mail", null=True
                    ),
                ),
                ("sent_at", models.DateTimeField(help_text="When its last mail left, or it was printed", null=True)),
                ("is_printed", models.BooleanField(default=False, help_text="Whoever printed it has seen the link")),
            ],
        ),
    ]
