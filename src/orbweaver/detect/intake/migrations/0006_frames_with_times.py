from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0005_report_of_machines'),
    ]

    operations = [
        migrations.AddField(
            model_name='askedhash',
            name='time_s',
            field=models.FloatField(help_text='Of such a picture: seconds from the start, where they are said', null=True),
        ),
        migrations.AddField(
            model_name='askedhash',
            name='quality',
            field=models.SmallIntegerField(help_text='Of a PDQ, 0-100, where it is said', null=True),
        ),
    ]
