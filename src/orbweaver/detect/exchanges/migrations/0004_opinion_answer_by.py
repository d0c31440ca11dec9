"""By when a dispute that was said to us is answered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0003_exchange_paused_by")]

    operations = [
        migrations.AddField(
            model_name="opinion",
            name="answer_by",
            field=models.DateTimeField(
                help_text="By when we said that it is answered; none: it was not said to us, or it confirms", null=True
            ),
        ),
    ]
