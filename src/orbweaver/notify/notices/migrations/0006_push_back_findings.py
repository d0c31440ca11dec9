from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notices', '0005_doubts_are_settled'),
    ]

    operations = [
        migrations.AddField(
            model_name='pushback',
            name='checked_at',
            field=models.DateTimeField(help_text='Of not_ours: when the hosts were looked up again', null=True),
        ),
        migrations.AddField(
            model_name='pushback',
            name='finding',
            field=models.CharField(blank=True, help_text='What that look found, for the desk', max_length=300),
        ),
    ]
