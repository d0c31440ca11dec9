import django.contrib.postgres.fields
import django.db.models.deletion
import orbweaver.platform.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('evidence', '0001_initial'),
        ('matching', '0001_initial'),
        ('media', '0001_initial'),
        ('review', '0001_initial'),
        ('series', '0001_initial'),
        ('terms', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ToFollow',
            fields=[
                ('sighting', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='to_follow', serialize=False, to='matching.sighting')),
            ],
        ),
        migrations.CreateModel(
            name='Marker',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('mrk'), editable=False, max_length=24, unique=True)),
                ('kind', models.CharField(choices=[('live_stream', 'Live Stream'), ('advertises_set', 'Advertises Set'), ('self_generated', 'Self Generated'), ('shown_to_child', 'Shown To Child'), ('access_to_child', 'Access To Child')], max_length=16)),
                ('words', models.TextField(blank=True, help_text='What was seen, for colleagues and the liaison')),
                ('set_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_why', models.CharField(blank=True, max_length=400)),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='markers', to='review.reviewitem')),
                ('media', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='markers', to='media.media')),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='MediaTrace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.SmallIntegerField(choices=[(1, 'PAGE'), (2, 'GALLERY'), (3, 'SEQUENCE_HERE'), (4, 'SEQUENCE'), (5, 'FOLDER'), (6, 'TITLE'), (7, 'UPLOADER'), (8, 'PICTURE')])),
                ('key', models.BinaryField(max_length=16)),
                ('place', models.IntegerField(null=True)),
                ('media', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='traces', to='media.media')),
            ],
        ),
        migrations.CreateModel(
            name='Neighbour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('nbr'), editable=False, max_length=24, unique=True)),
                ('url', models.TextField()),
                ('url_key', models.BinaryField(max_length=32)),
                ('position', models.IntegerField(help_text='On the page, from 0')),
                ('alt', models.CharField(blank=True, max_length=300)),
                ('state', models.CharField(choices=[('wanted', 'Wanted'), ('held', 'Held'), ('linked', 'Linked'), ('erased', 'Erased'), ('known', 'Known')], default='wanted', max_length=6)),
                ('prints', models.JSONField(help_text='Digests (hex), PDQ and size of what is held', null=True)),
                ('wanted_at', models.DateTimeField()),
                ('attempts', models.SmallIntegerField(default=0, help_text='How often the crawler was asked for it again')),
                ('retry_at', models.DateTimeField(help_text='Real time; while wanted, when the crawler is asked again', null=True)),
                ('held_at', models.DateTimeField(null=True)),
                ('erase_after', models.DateTimeField(help_text='Unlinked by then, it is erased', null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('held', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='neighbour', to='evidence.evidenceobject')),
                ('media', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='neighbour_of', to='media.media')),
                ('sighting', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='neighbours', to='matching.sighting')),
            ],
        ),
        migrations.CreateModel(
            name='SeriesSuggestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('sug'), editable=False, max_length=24, unique=True)),
                ('strength', models.FloatField(help_text='0 to 1, by linking.rules')),
                ('evidence', models.JSONField(help_text='linking.rules.Evidence, each as signal, gap and count')),
                ('state', models.CharField(choices=[('open', 'Open'), ('accepted', 'Accepted'), ('refused', 'Refused'), ('moot', 'Moot')], default='open', max_length=8)),
                ('made_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('first', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suggestions_first', to='media.media')),
                ('second', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suggestions_second', to='media.media')),
                ('series', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='suggestions', to='series.victimseries')),
            ],
        ),
        migrations.CreateModel(
            name='TextFlag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('terms', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), help_text='Those found; shown inside the workplace alone', size=None)),
                ('times', models.IntegerField()),
                ('found_at', models.DateTimeField()),
                ('sighting', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='text_flags', to='matching.sighting')),
                ('term_list', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='flags', to='terms.termlist')),
            ],
        ),
        migrations.CreateModel(
            name='UrgentReferral',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('urg'), editable=False, max_length=24, unique=True)),
                ('state', models.CharField(choices=[('new', 'New'), ('taken', 'Taken'), ('handed_over', 'Handed Over')], db_index=True, default='new', max_length=12)),
                ('made_at', models.DateTimeField()),
                ('taken_at', models.DateTimeField(null=True)),
                ('handed_over_at', models.DateTimeField(null=True)),
                ('handed_over_to', models.CharField(blank=True, help_text='Which force, under which reference', max_length=200)),
                ('mailed_at', models.DateTimeField(help_text="When the liaison's address was written to", null=True)),
                ('marker', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='referral', to='linking.marker')),
                ('words', models.TextField(blank=True, help_text="Of a survivor's request, where there is no marker")),
                ('taken_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('marker__isnull', False), models.Q(('words', ''), _negated=True), _connector='OR'), name='referral_says_something')],
            },
        ),
        migrations.CreateModel(
            name='ToTell',
            fields=[
                ('referral', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='to_tell', serialize=False, to='linking.urgentreferral')),
            ],
        ),
        migrations.AddConstraint(
            model_name='marker',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('media', 'kind'), name='marker_once'),
        ),
        migrations.AddConstraint(
            model_name='mediatrace',
            constraint=models.UniqueConstraint(fields=('kind', 'key', 'media'), include=('place',), name='trace_once'),
        ),
        migrations.AddIndex(
            model_name='neighbour',
            index=models.Index(condition=models.Q(('state', 'wanted')), fields=['url_key'], name='neighbour_wanted'),
        ),
        migrations.AddIndex(
            model_name='neighbour',
            index=models.Index(condition=models.Q(('state', 'wanted')), fields=['retry_at'], name='neighbour_to_fetch'),
        ),
        migrations.AddIndex(
            model_name='neighbour',
            index=models.Index(condition=models.Q(('state', 'held')), fields=['erase_after'], name='neighbour_to_erase'),
        ),
        migrations.AddConstraint(
            model_name='neighbour',
            constraint=models.UniqueConstraint(fields=('sighting', 'url_key'), name='neighbour_once_per_sighting'),
        ),
        migrations.AddIndex(
            model_name='seriessuggestion',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['-strength', 'id'], name='suggestion_open'),
        ),
        migrations.AddConstraint(
            model_name='seriessuggestion',
            constraint=models.UniqueConstraint(fields=('first', 'second'), name='suggestion_once'),
        ),
        migrations.AddConstraint(
            model_name='seriessuggestion',
            constraint=models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='suggestion_in_order'),
        ),
        migrations.AddConstraint(
            model_name='textflag',
            constraint=models.UniqueConstraint(fields=('sighting', 'term_list'), name='flag_once'),
        ),
    ]
