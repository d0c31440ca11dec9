import django.contrib.postgres.fields
import django.db.models.deletion
import orbweaver.platform.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('hashlists', '0001_initial'),
        ('intake', '0001_initial'),
        ('media', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Sighting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('sgt'), editable=False, max_length=24, unique=True)),
                ('url', models.TextField()),
                ('url_key', models.BinaryField(db_index=True, max_length=32)),
                ('page_url', models.TextField(blank=True)),
                ('page_url_key', models.BinaryField(db_index=True, default=b'', max_length=32)),
                ('host', models.CharField(db_index=True, max_length=260)),
                ('address', models.GenericIPAddressField(help_text='Address that answered', null=True)),
                ('context', models.JSONField(default=dict)),
                ('origin', models.CharField(choices=[('crawl', 'Crawl'), ('report', 'Report')], max_length=8)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('media', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sightings', to='media.media')),
                ('report', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sightings', to='intake.report')),
                ('later_reports', models.ManyToManyField(help_text='Of the same place, after it', related_name='seen_again', to='intake.report')),
            ],
        ),
        migrations.CreateModel(
            name='Match',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kinds', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), help_text='Kinds of hash that matched, what says most first', size=None)),
                ('exact', models.BooleanField(help_text='The bytes themselves are on the list, by their digest')),
                ('distance', models.SmallIntegerField(default=0, help_text='In bits, of the nearest hash that tells of looks')),
                ('transform', models.SmallIntegerField(default=0, help_text='Which of the eight turns and mirrors matched; 0 none')),
                ('number', models.IntegerField(help_text='Frame, page or picture of the file that matched, from 0', null=True)),
                ('time_s', models.FloatField(help_text='Seconds from its start; none: its bytes as a whole matched', null=True)),
                ('proof', models.CharField(choices=[('hash', 'hash'), ('pieces', 'pieces'), ('geometry', 'geometry')], default='hash', max_length=8)),
                ('query_quad', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), help_text='Where in this picture the known one lies: x and y of its corners', null=True, size=None)),
                ('reference_quad', django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(), help_text='Which part of the known picture is seen; none: all of it', null=True, size=None)),
                ('mirrored', models.BooleanField(default=False, help_text='The known picture is seen mirrored')),
                ('edits', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), default=list, help_text='What was done to the known picture', size=None)),
                ('agreement', models.FloatField(help_text='Share of the compared blocks of pixels that agree', null=True)),
                ('found_at', models.DateTimeField()),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='matches', to='hashlists.hashlistentry')),
                ('sighting', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='matches', to='matching.sighting')),
            ],
            options={
                'indexes': [models.Index(fields=['found_at'], name='match_by_time')],
            },
        ),
        migrations.CreateModel(
            name='MissedEvidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('fetched', 'Fetched'), ('lost', 'Lost')], default='waiting', max_length=8)),
                ('missed_at', models.DateTimeField()),
                ('attempts', models.IntegerField(default=0)),
                ('retry_at', models.DateTimeField(help_text='Real time of the next try; none: at once', null=True)),
                ('media', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='missed', to='media.media')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['retry_at', 'id'], name='missed_evidence_waiting')],
            },
        ),
        migrations.CreateModel(
            name='Front',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=260)),
                ('cdn', models.CharField(help_text='Its name in the table of CDNs', max_length=80)),
                ('signs', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), help_text='The headers that told', size=None)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(help_text='When an answer of the host first came without them', null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('host', 'cdn'), name='front_once')],
            },
        ),
        migrations.CreateModel(
            name='ScanHits',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField(db_index=True, help_text='When it began')),
                ('count', models.BigIntegerField(default=0)),
                ('entry', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hashlists.hashlistentry')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('entry', 'hour'), name='scan_hits_once_an_hour')],
            },
        ),
        migrations.AddConstraint(
            model_name='sighting',
            constraint=models.UniqueConstraint(fields=('media', 'url_key', 'page_url_key'), name='sighting_once'),
        ),
        migrations.AddConstraint(
            model_name='match',
            constraint=models.UniqueConstraint(fields=('sighting', 'entry'), name='match_once'),
        ),
        migrations.CreateModel(
            name='AskedSighting',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('found_at', models.DateTimeField()),
                ('asked', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sightings', to='intake.askedhash')),
                ('sighting', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asked', to='matching.sighting')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('sighting', 'asked'), name='asked_sighting_once')],
            },
        ),
    ]
