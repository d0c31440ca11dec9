"""Who matches which files of a ledger (``claims``): any number of processes share a round."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0007_version_of_cdns'),
    ]

    operations = [
        migrations.CreateModel(
            name='LedgerPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ledger', models.UUIDField(help_text='Which folder (Ledger.identity): each machine may have its own')),
                ('round', models.UUIDField()),
                ('files', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), help_text='Names below the folder', size=None)),
                ('position', models.BigIntegerField(help_text='Change of the lists up to which it was matched; none: waits', null=True)),
                ('rows', models.BigIntegerField(default=0)),
                ('matching', models.BigIntegerField(default=0, help_text='Rows of it that match')),
                ('leads', models.BigIntegerField(default=0)),
                ('without_address', models.BigIntegerField(default=0, help_text='Places of it that are no longer in the frontier')),
            ],
            options={
                'indexes': [models.Index(fields=['ledger'], name='ledger_part')],
            },
        ),
    ]
