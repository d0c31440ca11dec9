import django.db.models.deletion
import orbweaver.platform.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('rep'), editable=False, max_length=24, unique=True)),
                ('url', models.TextField()),
                ('url_key', models.BinaryField(db_index=True, max_length=32)),
                ('source', models.CharField(choices=[('public', 'Public'), ('partner', 'Partner'), ('operator', 'Operator'), ('survivor', 'Survivor')], max_length=10)),
                ('comment', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('received', 'Received'), ('fetched', 'Fetched'), ('unreachable', 'Unreachable'), ('assessed', 'Assessed')], default='received', max_length=12)),
                ('state_reason', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField()),
                ('assessed_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('source', 'survivor')), fields=['url_key'], name='report_by_survivor')],
            },
        ),
        migrations.CreateModel(
            name='SenderCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.BinaryField(max_length=32, unique=True)),
                ('hour', models.DateTimeField(db_index=True)),
                ('count', models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='AskedHash',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('md5', 'md5'), ('pdq', 'pdq'), ('sha1', 'sha1'), ('sha256', 'sha256')], max_length=6)),
                ('value', models.BinaryField(max_length=32)),
                ('is_frame', models.BooleanField(default=False, help_text='Of one picture out of a film')),
                ('paused_at', models.DateTimeField(help_text='It was found in so many places that a person looks first; it is not looked for meanwhile', null=True)),
                ('goes_on', models.BooleanField(default=False, help_text='A person said that it is looked for wherever it is')),
                ('met_at', models.DateTimeField(help_text='When it was compared with what was recorded before it came', null=True)),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='asked_hashes', to='intake.report')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('met_at', None)), fields=['id'], name='asked_hash_to_meet')],
                'constraints': [models.UniqueConstraint(fields=('report', 'kind', 'value'), name='asked_hash_once_per_request')],
            },
        ),
    ]
