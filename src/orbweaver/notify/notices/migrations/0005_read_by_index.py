"""What the pages about notices count is found by an index: what reached nobody, what did not arrive, what is open."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0004_answers_about_words")]

    operations = [
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("state", "open"), ("unreached", "nobody")),
                fields=["first_sent_at"],
                name="notice_unreached",
            ),
        ),
        migrations.AddIndex(model_name="notice", index=models.Index(fields=["state"], name="notice_by_state")),
        migrations.AddIndex(
            model_name="noticeurl",
            index=models.Index(condition=models.Q(("state", "offline")), fields=["notice"], name="notice_url_offline"),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(
                    ("push_back", None),
                    (
                        "state__in",
                        ("queued", "by_hand", "sending", "failed", "refused", "uncertain", "bounced", "cancelled"),
                    ),
                ),
                fields=["notice", "number"],
                name="outbox_not_arrived",
            ),
        ),
        migrations.AddIndex(
            model_name="pushback",
            index=models.Index(condition=models.Q(("outcome", "open")), fields=["made_at"], name="push_back_open"),
        ),
    ]
