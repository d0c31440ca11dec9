import django.db.models.deletion
import orbweaver.platform.fields
from django.db import migrations, models
from orbweaver.platform.sql_files import run_file


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='CrawlSwitch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('off', models.BooleanField()),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='CrawlWorker',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Machine and process', max_length=100)),
                ('started_at', models.DateTimeField()),
                ('alive_until', models.DateTimeField(db_index=True, help_text='Real time')),
            ],
        ),
        migrations.CreateModel(
            name='CrawlCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('shard', models.SmallIntegerField()),
                ('pages', models.BigIntegerField(default=0)),
                ('images', models.BigIntegerField(default=0)),
                ('failures', models.BigIntegerField(default=0)),
                ('bytes', models.BigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('day', 'shard'), name='count_once')],
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=260)),
                ('port', models.IntegerField()),
                ('kind', models.CharField(choices=[('unknown', 'Unknown'), ('imageboard', 'Imageboard'), ('forum', 'Forum'), ('chat', 'Chat'), ('file_host', 'File Host'), ('image_host', 'Image Host'), ('adult', 'Adult'), ('social', 'Social'), ('archive', 'Archive'), ('other', 'Other')], default='unknown', max_length=12)),
                ('walled_garden', models.BooleanField(default=False, help_text='Cannot be crawled: statistics are an undercount (R3)')),
                ('switched_off', models.BooleanField(default=False, help_text='Nothing is fetched here while set')),
                ('robots_authority', models.TextField(blank=True, help_text='Why robots.txt does not hold for the whole site')),
                ('robots_text', models.TextField(blank=True)),
                ('robots_fetched_at', models.DateTimeField(null=True)),
                ('delay_s', models.FloatField(help_text='Seconds between requests; none: the setting, or robots.txt', null=True)),
                ('concurrency', models.SmallIntegerField(help_text='Requests at once; none: the setting', null=True)),
                ('robots_delay_s', models.FloatField(default=0, help_text='Crawl-delay of robots.txt, bounded')),
                ('next_fetch_at', models.DateTimeField(help_text='No request starts before this')),
                ('waiting', models.BooleanField(default=True)),
                ('best_priority', models.SmallIntegerField(db_default=0, help_text='Of what waits here, the lowest')),
                ('best_id', models.BigIntegerField(db_default=0, help_text='Number of the first of these URLs, or a lower one')),
                ('pace_s', models.FloatField(db_default=0.0, help_text='Seconds between requests that its answers ask for; 0: none')),
                ('latency_s', models.FloatField(db_default=0.0, help_text='Seconds to answer, a moving average; 0: not known')),
                ('slots', models.FloatField(help_text='Requests at once that its answers allow; none: no bound of theirs', null=True)),
                ('links', models.BigIntegerField(db_default=0, help_text='Distinct addresses found there, if it is a walled garden')),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('switched_off', False), ('waiting', True)), fields=['next_fetch_at'], name='site_ready'), models.Index(condition=models.Q(('switched_off', False), ('waiting', True)), fields=['best_priority', 'next_fetch_at'], name='site_best'), models.Index(condition=models.Q(('walled_garden', True)), fields=['id'], name='site_walled'), models.Index(condition=models.Q(('switched_off', True)), fields=['id'], name='site_off')],
                'constraints': [models.UniqueConstraint(fields=('host', 'port'), name='site_once')],
            },
        ),
        migrations.CreateModel(
            name='Lead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('led'), editable=False, max_length=24, unique=True)),
                ('url', models.TextField()),
                ('source', models.CharField(choices=[('report', 'Report'), ('operator', 'Operator'), ('analyst', 'Analyst'), ('sighting', 'Sighting'), ('list', 'List')], max_length=10)),
                ('note', models.TextField(blank=True)),
                ('report_id', models.BigIntegerField(db_index=True, help_text='intake.Report, which is above this folder', null=True)),
                ('authority', orbweaver.platform.fields.MessageField(blank=True, help_text="Why robots.txt does not hold for the lead's own URL", null=True)),
                ('revisit_before', models.DateTimeField()),
                ('fruitless_pages', models.IntegerField(default=0, help_text='Pages since something known was found')),
                ('created_at', models.DateTimeField()),
                ('site', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='leads', to='crawl.site')),
            ],
        ),
        migrations.CreateModel(
            name='FrontierUrl',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url_key', models.BinaryField(max_length=32, unique=True)),
                ('url', models.TextField()),
                ('parent_id', models.BigIntegerField(help_text='The page it was found on', null=True)),
                ('report_id', models.BigIntegerField(help_text='It is to be assessed for this report, match or not', null=True)),
                ('past_robots', models.BooleanField(default=False, help_text="The lead's authority holds for it")),
                ('kind', models.SmallIntegerField(choices=[(0, 'Unknown'), (1, 'Page'), (2, 'Media')])),
                ('hops', models.SmallIntegerField(help_text='Distance from the lead or the nearest known sighting')),
                ('priority', models.SmallIntegerField(help_text='Lower is sooner')),
                ('state', models.SmallIntegerField(choices=[(0, 'Waiting'), (1, 'Leased'), (2, 'Later'), (3, 'Done')], default=0)),
                ('attempts', models.SmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(help_text='Real time; while later', null=True)),
                ('worker_id', models.BigIntegerField(help_text='CrawlWorker that holds the lease', null=True)),
                ('context', models.JSONField(null=True)),
                ('status', models.SmallIntegerField(null=True)),
                ('error', models.CharField(blank=True, max_length=24)),
                ('sha256', models.BinaryField(max_length=32, null=True)),
                ('pdq', models.BinaryField(max_length=32, null=True)),
                ('pdq_quality', models.SmallIntegerField(null=True)),
                ('other_prints', models.BinaryField(help_text='MD5, SHA-1 and the three mirrored PDQ hashes, one after the other; then those of its pieces', max_length=5000, null=True)),
                ('matched', models.BooleanField(default=False)),
                ('etag', models.CharField(blank=True, max_length=400)),
                ('last_modified', models.CharField(blank=True, max_length=40)),
                ('fetched_at', models.DateTimeField(null=True)),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='urls', to='crawl.lead')),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='urls', to='crawl.site')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 0)), fields=['site', 'priority', 'id'], name='frontier_waiting'), models.Index(condition=models.Q(('state', 1)), fields=['worker_id'], name='frontier_leased'), models.Index(condition=models.Q(('state', 1)), fields=['site'], name='frontier_in_hand'), models.Index(condition=models.Q(('state', 0)), fields=['lead', 'site', 'priority', 'id'], name='frontier_waiting_of_lead'), models.Index(condition=models.Q(('state', 3)), fields=['lead'], name='frontier_done_of_lead'), models.Index(condition=models.Q(('state', 2)), fields=['due_at'], name='frontier_later'), models.Index(condition=models.Q(('state', 2)), fields=['lead', 'attempts'], name='frontier_later_of_lead'), models.Index(condition=models.Q(('kind', 2), _negated=True), fields=['parent_id'], name='frontier_links_of')],
            },
        ),
        migrations.CreateModel(
            name='Revisit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(db_index=True)),
                ('hours', models.FloatField(help_text='Between the last visit and the next')),
                ('found_at', models.DateTimeField(help_text='When something known was last new there')),
                ('visited_at', models.DateTimeField(help_text='When it was last looked at whether something was')),
                ('visits', models.IntegerField(default=0)),
                ('fruitful_visits', models.IntegerField(default=0)),
                ('url', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='revisit', to='crawl.frontierurl')),
            ],
        ),
        run_file(__file__, 'storage.sql'),
    ]
