from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notices', '0004_channels_bounces_answers'),
    ]

    operations = [
        migrations.AddField(
            model_name='outboxmessage',
            name='settle_at',
            field=models.DateTimeField(help_text='Real time from which a doubt about it can be settled; none: its channel has no way to', null=True),
        ),
        migrations.AddIndex(
            model_name='outboxmessage',
            index=models.Index(condition=models.Q(('state', 'uncertain')), fields=['settle_at'], name='outbox_uncertain'),
        ),
    ]
