import django.db.models.deletion
import orbweaver.assess.series.rules
import orbweaver.platform.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('media', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SeriesChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('chg'), editable=False, max_length=24, unique=True)),
                ('kind', models.CharField(choices=[('merge', 'Merge'), ('split', 'Split')], max_length=5)),
                ('why', models.CharField(max_length=400)),
                ('made_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SeriesItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.CharField(choices=[(orbweaver.assess.series.rules.Position['BEFORE'], orbweaver.assess.series.rules.Position['BEFORE']), (orbweaver.assess.series.rules.Position['DURING'], orbweaver.assess.series.rules.Position['DURING']), (orbweaver.assess.series.rules.Position['AFTER'], orbweaver.assess.series.rules.Position['AFTER']), (orbweaver.assess.series.rules.Position['UNKNOWN'], orbweaver.assess.series.rules.Position['UNKNOWN'])], default=orbweaver.assess.series.rules.Position['UNKNOWN'], max_length=8)),
                ('reason', models.CharField(choices=[(orbweaver.assess.series.rules.LinkReason['CLOTHING'], orbweaver.assess.series.rules.LinkReason['CLOTHING']), (orbweaver.assess.series.rules.LinkReason['PLACE'], orbweaver.assess.series.rules.LinkReason['PLACE']), (orbweaver.assess.series.rules.LinkReason['SEQUENCE'], orbweaver.assess.series.rules.LinkReason['SEQUENCE']), (orbweaver.assess.series.rules.LinkReason['SOURCE'], orbweaver.assess.series.rules.LinkReason['SOURCE']), (orbweaver.assess.series.rules.LinkReason['LIST_ENTRY'], orbweaver.assess.series.rules.LinkReason['LIST_ENTRY']), (orbweaver.assess.series.rules.LinkReason['PAGE'], orbweaver.assess.series.rules.LinkReason['PAGE']), (orbweaver.assess.series.rules.LinkReason['NEAR_DUPLICATE'], orbweaver.assess.series.rules.LinkReason['NEAR_DUPLICATE']), (orbweaver.assess.series.rules.LinkReason['OTHER'], orbweaver.assess.series.rules.LinkReason['OTHER'])], max_length=14)),
                ('words', models.CharField(blank=True, max_length=400)),
                ('because', orbweaver.platform.fields.MessageField(blank=True, help_text='Of evidence, where a suggestion was accepted', null=True)),
                ('further', models.JSONField(default=list, help_text='Reasons of later links: reason, words, by (public id), at')),
                ('linked_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_why', models.CharField(blank=True, max_length=400)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('linked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('media', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='series_items', to='media.media')),
            ],
        ),
        migrations.CreateModel(
            name='Victim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('vic'), editable=False, max_length=24, unique=True)),
                ('label', models.CharField(help_text='Such as “the older child”; never a name', max_length=60)),
                ('age_min', models.SmallIntegerField(null=True)),
                ('age_max', models.SmallIntegerField(null=True)),
                ('identified', models.BooleanField(default=False, help_text='False: not known to be identified')),
                ('identified_source', models.CharField(blank=True, max_length=200)),
                ('identified_on', models.DateField(null=True)),
                ('added_at', models.DateTimeField()),
                ('added_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('identified_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SeriesMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('change', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='series.serieschange')),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='series.seriesitem')),
                ('victim', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='series.victim')),
            ],
        ),
        migrations.CreateModel(
            name='VictimSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('ser'), editable=False, max_length=24, unique=True)),
                ('title', models.CharField(max_length=200)),
                ('police_reference', models.CharField(blank=True, max_length=200)),
                ('status', models.CharField(choices=[('proposed', 'Proposed'), ('known', 'Known')], default='proposed', max_length=10)),
                ('opened_at', models.DateTimeField()),
                ('known_since', models.DateTimeField(help_text='When it became known to police', null=True)),
                ('version', models.IntegerField(default=0, help_text='Grows with each change; a stale form conflicts')),
                ('merged_into', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='series.victimseries')),
                ('opened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'victim series',
            },
        ),
        migrations.AddField(
            model_name='victim',
            name='series',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='victims', to='series.victimseries'),
        ),
        migrations.CreateModel(
            name='SeriesName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('supplier', models.CharField(max_length=200)),
                ('name', models.CharField(help_text='In normal form', max_length=200)),
                ('series', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='names', to='series.victimseries')),
            ],
        ),
        migrations.AddField(
            model_name='seriesitem',
            name='series',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='series.victimseries'),
        ),
        migrations.AddField(
            model_name='serieschange',
            name='source',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes_from', to='series.victimseries'),
        ),
        migrations.AddField(
            model_name='serieschange',
            name='target',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes_to', to='series.victimseries'),
        ),
        migrations.AddIndex(
            model_name='victimseries',
            index=models.Index(condition=models.Q(('merged_into__isnull', True)), fields=['status', '-id'], name='series_open'),
        ),
        migrations.AddConstraint(
            model_name='seriesname',
            constraint=models.UniqueConstraint(fields=('supplier', 'name'), name='series_name_once'),
        ),
        migrations.AddConstraint(
            model_name='seriesitem',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('series', 'media'), name='medium_once_per_series'),
        ),
    ]
