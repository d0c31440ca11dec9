import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('intake', '0006_frames_with_times'),
    ]

    operations = [
        migrations.AddField(
            model_name='report',
            name='organisation',
            field=models.ForeignKey(help_text='Whose key sent it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation'),
        ),
    ]
