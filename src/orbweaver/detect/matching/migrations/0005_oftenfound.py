"""Entries that few organisations find very often: a person is asked about each."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hashlists', '0003_rows_stand_by_triggers'),
        ('matching', '0004_scanhits_organisation'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OftenFound',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='often_found', serialize=False, to='hashlists.hashlistentry')),
                ('noticed_at', models.DateTimeField(help_text='Since when it waits, or waited')),
                ('found', models.BigIntegerField(help_text='Scans within a day, the most while it waits')),
                ('usual', models.FloatField(help_text='A day, that no organisation moves alone')),
                ('organisations', models.IntegerField()),
                ('who', models.TextField(help_text='Those with the most scans, with their numbers')),
                ('answered_at', models.DateTimeField(null=True)),
                ('because', models.TextField(blank=True)),
                ('right_up_to', models.BigIntegerField(default=0, help_text='Scans a day that a person said are right')),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('answered_at', None)), fields=['noticed_at'], name='often_found_waiting')],
            },
        ),
    ]
