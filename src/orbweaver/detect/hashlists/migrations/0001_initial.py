import django.contrib.postgres.fields
import django.db.models.deletion
import orbweaver.detect.hashlists.models
import orbweaver.platform.fields
from django.conf import settings
from django.db import migrations, models
from orbweaver.platform.sql_files import run_file


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('media', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HashList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('lst'), editable=False, max_length=24, unique=True)),
                ('name', models.CharField(max_length=120, unique=True)),
                ('kind', models.CharField(choices=[('known', 'Known material'), ('own', "The hotline's own verdicts"), ('known_good', 'Known good (suppresses by SHA-256 alone)')], default='known', max_length=12)),
                ('supplier', models.CharField(max_length=200)),
                ('terms', models.TextField(blank=True)),
                ('radius', models.SmallIntegerField(help_text="PDQ radius of this list; none: the installation's", null=True)),
                ('trust', models.CharField(choices=[('high', 'Every entry is checked by several people'), ('usual', 'As hotlines usually check'), ('low', 'Unchecked, or not known how')], default='usual', max_length=8)),
                ('allowed', models.CharField(choices=[('act', 'To act'), ('review', 'To review only')], default='act', max_length=8)),
                ('expires_on', models.DateField(help_text='Last day on which it may be used; none: without end', null=True)),
                ('doors', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('crawler', 'Our own crawler and what people report'), ('scans', 'Scans by companies'), ('exchange', 'Exchange: other hotlines and companies may fetch it'), ('tests', 'Tests: what keys for tests find, and they alone')], max_length=8), default=orbweaver.detect.hashlists.models.usual_doors, size=None)),
                ('first_shared_at', models.DateTimeField(help_text='When it was first opened to the exchange', null=True)),
                ('last_shared', models.BigIntegerField(help_text='Of one closed to the exchange: its last entry then; up to it, others hear of the end', null=True)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ListImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('imp'), editable=False, max_length=24, unique=True)),
                ('file_name', models.CharField(max_length=255)),
                ('file_sha256', models.BinaryField(max_length=32, null=True)),
                ('started_at', models.DateTimeField()),
                ('alive_at', models.DateTimeField(help_text='Real time of the last rows; none follow a run that was killed')),
                ('finished_at', models.DateTimeField(null=True)),
                ('added', models.IntegerField(default=0)),
                ('changed', models.IntegerField(default=0)),
                ('unchanged', models.IntegerField(default=0)),
                ('rejected', models.IntegerField(default=0)),
                ('withdrawn', models.IntegerField(default=0, help_text='Of the rows, those whose entries are withdrawn and stay so')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hash_list', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='hashlists.hashlist')),
            ],
        ),
        migrations.CreateModel(
            name='UploadedList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('upl'), editable=False, max_length=24, unique=True)),
                ('list_name', models.CharField(max_length=120)),
                ('supplier', models.CharField(max_length=200)),
                ('kind', models.CharField(choices=[('known', 'Known material'), ('own', "The hotline's own verdicts"), ('known_good', 'Known good (suppresses by SHA-256 alone)')], default='known', max_length=12)),
                ('file_name', models.CharField(max_length=255)),
                ('file_sha256', models.BinaryField(max_length=32)),
                ('lines', models.IntegerField(help_text='Lines of the file, by which its progress is told')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('done', 'Done'), ('refused', 'Refused')], default='waiting', max_length=8)),
                ('problem', orbweaver.platform.fields.MessageField(blank=True, null=True)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('list_import', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hashlists.listimport')),
            ],
        ),
        migrations.CreateModel(
            name='ImportRejection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.IntegerField()),
                ('reason', orbweaver.platform.fields.MessageField(blank=True, null=True)),
                ('list_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rejections', to='hashlists.listimport')),
            ],
        ),
        migrations.CreateModel(
            name='HashListEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('hle'), editable=False, max_length=24)),
                ('key', models.BinaryField(help_text='What makes it the same entry when it comes again: rules.key_of', max_length=16)),
                ('media_type', models.CharField(blank=True, choices=[('image', 'Image'), ('video', 'Video')], max_length=5)),
                ('supplier_id', models.CharField(blank=True, help_text="Its supplier's own name for it", max_length=200)),
                ('member', models.CharField(blank=True, help_text='Which member of its supplier handed it in', max_length=200)),
                ('classification', models.CharField(help_text='As its supplier gave it', max_length=20)),
                ('identified', models.CharField(choices=[('identified', 'Identified'), ('unidentified', 'Unidentified')], default='unidentified', max_length=12)),
                ('series_name', models.CharField(blank=True, max_length=200)),
                ('source', models.CharField(max_length=200)),
                ('baseline', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('active', 'Active'), ('disputed', 'Disputed'), ('quarantined', 'Quarantined'), ('withdrawn', 'Withdrawn')], default='active', max_length=11)),
                ('acts_alone', models.BooleanField(db_default=False, default=False, help_text='Own entries: enough analysts agreed for it to act without another look; frames of a film never do')),
                ('added_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('change', models.BigIntegerField(help_text='Position in the order of changes; the index follows it', unique=True)),
                ('stated_at', models.DateTimeField(help_text="Of an exchange: its supplier's time of what is said here", null=True)),
                ('hash_list', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='hashlists.hashlist')),
                ('list_import', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='hashlists.listimport')),
                ('media', models.ForeignKey(db_index=False, help_text='Own entries: the medium that was judged', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='own_entries', to='media.media')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('media__isnull', False)), fields=['media'], name='entry_by_media'), models.Index(condition=models.Q(('state', 'active'), _negated=True), fields=['hash_list', 'state'], name='entry_not_active')],
                'constraints': [models.UniqueConstraint(fields=('public_id',), name='entry_public_id'), models.UniqueConstraint(fields=('hash_list', 'key'), name='entry_once_per_list')],
            },
        ),
        migrations.CreateModel(
            name='EntryCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('active', 'Active'), ('disputed', 'Disputed'), ('quarantined', 'Quarantined'), ('withdrawn', 'Withdrawn')], max_length=11)),
                ('entries', models.BigIntegerField()),
                ('hash_list', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='counts', to='hashlists.hashlist')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('hash_list', 'state'), name='entries_counted_once')],
            },
        ),
        migrations.CreateModel(
            name='EntryHash',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='Name of a kind in orbweaver.fingerprints.kinds', max_length=32)),
                ('value', models.BinaryField(max_length=1024)),
                ('time_s', models.FloatField(help_text='It is of one frame of a film, at this time in seconds; one alone says nothing of a film', null=True)),
                ('withdrawn', models.BooleanField(db_default=False, default=False, help_text='Taken back while the entry stands')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hashes', to='hashlists.hashlistentry')),
            ],
            options={
                'indexes': [models.Index(fields=['kind', 'value'], name='hash_by_value')],
            },
        ),
        migrations.CreateModel(
            name='EntryStateChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('active', 'Active'), ('disputed', 'Disputed'), ('quarantined', 'Quarantined'), ('withdrawn', 'Withdrawn')], max_length=11)),
                ('reason', models.TextField()),
                ('said_by', models.CharField(blank=True, help_text='Its supplier, where an exchange brought it', max_length=200)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='state_changes', to='hashlists.hashlistentry')),
            ],
        ),
        run_file(__file__, 'change_order.sql'),
        run_file(__file__, 'entry_counts.sql'),
        migrations.CreateModel(
            name='Bank',
            fields=[
                ('hash_list', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='bank', serialize=False, to='hashlists.hashlist')),
                ('enabled_ratio', models.FloatField(default=1.0, help_text="Share of its client's look-ups that see it")),
                ('closed_at', models.DateTimeField(help_text='When its client deleted it; its entries were withdrawn', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='BankContent',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='content', serialize=False, to='hashlists.hashlistentry')),
                ('note', models.CharField(blank=True, max_length=255)),
                ('metadata', models.JSONField(default=dict)),
                ('disabled_until', models.DateTimeField(help_text="Its client's look-ups do not see it until then", null=True)),
            ],
        ),
    ]
