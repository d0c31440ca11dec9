import django.contrib.postgres.fields
import django.db.models.deletion
import orbweaver.platform.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TermList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('tml'), editable=False, max_length=24, unique=True)),
                ('name', models.CharField(max_length=120, unique=True)),
                ('language', models.CharField(help_text='ISO 639-1', max_length=2)),
                ('supplier', models.CharField(max_length=200)),
                ('added_at', models.DateTimeField()),
                ('switched_off_at', models.DateTimeField(null=True)),
                ('added_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='WatchTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('wtm'), editable=False, max_length=24, unique=True)),
                ('reference', models.CharField(help_text='Of the request that it belongs to; never a name', max_length=60)),
                ('kind', models.CharField(choices=[('name', 'Name'), ('school', 'School'), ('team', 'Team'), ('place', 'Place'), ('relative', 'Relative'), ('contact', 'Contact'), ('other', 'Other')], max_length=10)),
                ('anchor', models.BinaryField(help_text='Of its longest word', max_length=8)),
                ('at', models.SmallIntegerField(help_text='Position of the longest word, from 0')),
                ('value', models.BinaryField(max_length=16)),
                ('words', models.SmallIntegerField()),
                ('key_check', models.BinaryField(help_text='Tells with which key it was made', max_length=4)),
                ('added_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('added_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='WatchHit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('wth'), editable=False, max_length=24, unique=True)),
                ('url', models.TextField()),
                ('url_key', models.BinaryField(db_index=True, max_length=32)),
                ('host', models.CharField(max_length=260)),
                ('media', models.SmallIntegerField(help_text='Pictures and videos on the page')),
                ('times', models.SmallIntegerField(help_text='How often the term stood there when last seen')),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('seen_to_at', models.DateTimeField(null=True)),
                ('seen_to_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('term', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hits', to='terms.watchterm')),
            ],
        ),
        migrations.CreateModel(
            name='Term',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=200)),
                ('forms', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), default=list, size=None)),
                ('term_list', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='terms', to='terms.termlist')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('term_list', 'text'), name='term_once_per_list')],
            },
        ),
        migrations.AddConstraint(
            model_name='watchterm',
            constraint=models.UniqueConstraint(fields=('reference', 'value'), name='watch_term_once'),
        ),
        migrations.AddIndex(
            model_name='watchhit',
            index=models.Index(condition=models.Q(('seen_to_at__isnull', True)), fields=['-last_seen_at'], name='watch_hit_open'),
        ),
        migrations.AddConstraint(
            model_name='watchhit',
            constraint=models.UniqueConstraint(fields=('term', 'url_key'), name='watch_hit_once'),
        ),
    ]
