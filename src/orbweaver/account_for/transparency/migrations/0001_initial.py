from django.db import migrations, models
from orbweaver.platform.sql_files import run_file


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('crawl', '0001_initial'),
        ('intake', '0001_initial'),
        ('linking', '0001_initial'),
        ('matching', '0001_initial'),
        ('notices', '0001_initial'),
        ('recheck', '0001_initial'),
        ('review', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChangedMedium',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('media_id', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='ChangedPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url_key', models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='Delta',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('figure', models.CharField(max_length=16)),
                ('ref', models.BigIntegerField(default=0)),
                ('key', models.CharField(blank=True, max_length=80)),
                ('n', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='VerifiedMedium',
            fields=[
                ('media_id', models.BigIntegerField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name='Built',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.IntegerField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='one_built')],
            },
        ),
        migrations.CreateModel(
            name='Place',
            fields=[
                ('url_key', models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ('status', models.CharField(choices=[('removed', 'Removed'), ('open', 'Open'), ('offline', 'Offline'), ('before', 'Before')], max_length=8)),
                ('sent_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField()),
                ('removed_s', models.FloatField(help_text='Seconds from the first message to removal, or to going offline', null=True)),
                ('provider_id', models.BigIntegerField()),
                ('country', models.CharField(help_text='Of the host as known when the notice was written', max_length=7)),
                ('notice_type', models.CharField(max_length=16)),
                ('sub_type', models.CharField(blank=True, max_length=1)),
                ('category', models.CharField(blank=True, max_length=16)),
                ('age_class', models.CharField(blank=True, max_length=16)),
                ('identified', models.BooleanField()),
                ('straddles', models.BooleanField()),
                ('questioned', models.BooleanField(help_text='The provider questioned that it is illegal or a child (R53)')),
                ('reappearances', models.IntegerField()),
                ('site_kind', models.CharField(help_text='R2', max_length=12)),
                ('children', models.SmallIntegerField(help_text='0: nobody said')),
                ('baseline', models.BooleanField()),
                ('self_generated', models.BooleanField()),
                ('live_stream', models.BooleanField()),
                ('advertises_set', models.BooleanField()),
                ('flagged', models.BooleanField(help_text='Terms of a list stand near it')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('status', 'removed')), fields=['removed_s'], name='place_removed_s')],
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('figure', models.CharField(max_length=16)),
                ('ref', models.BigIntegerField(default=0)),
                ('key', models.CharField(blank=True, max_length=80)),
                ('n', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('figure', 'ref', 'key'), name='tally_once')],
            },
        ),
        run_file(__file__, 'triggers.sql'),
    ]
