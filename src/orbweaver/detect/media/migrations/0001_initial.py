import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import orbweaver.platform.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('evidence', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Media',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('med'), editable=False, max_length=24, unique=True)),
                ('sha256', models.BinaryField(max_length=32, unique=True)),
                ('sha1', models.BinaryField(max_length=20)),
                ('md5', models.BinaryField(max_length=16)),
                ('size', models.BigIntegerField()),
                ('mime', models.CharField(max_length=100)),
                ('width', models.IntegerField(null=True)),
                ('height', models.IntegerField(null=True)),
                ('pdq', models.BinaryField(max_length=32, null=True)),
                ('pdq_quality', models.SmallIntegerField(null=True)),
                ('pdq_turned', models.BinaryField(help_text='PDQ of the seven other turns and mirrors, 32 bytes each', max_length=224, null=True)),
                ('first_seen_at', models.DateTimeField()),
                ('evidence', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='media', to='evidence.evidenceobject')),
            ],
            options={
                'verbose_name_plural': 'media',
                'indexes': [models.Index(condition=models.Q(('pdq__isnull', False)), fields=['pdq'], name='media_by_pdq'), models.Index(fields=['md5'], name='media_by_md5'), models.Index(fields=['sha1'], name='media_by_sha1')],
            },
        ),
        migrations.CreateModel(
            name='MediaFrame',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField(help_text='Position in the file, from 0')),
                ('time_s', models.FloatField(help_text='Seconds from the start')),
                ('pdq', models.BinaryField(max_length=32)),
                ('quality', models.SmallIntegerField()),
                ('words', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), help_text='Of its PDQ (fingerprints.words)', size=None)),
                ('media', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='frames', to='media.media')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['words'], name='frame_by_word')],
                'constraints': [models.UniqueConstraint(fields=('media', 'number'), name='frame_once_per_medium')],
            },
        ),
    ]
