import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('notices', '0001_initial'),
        ('providers', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='RecheckTarget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.CharField(help_text='Host and port: the unit of politeness', max_length=270)),
                ('authority', models.CharField(help_text='Why it is fetched although robots.txt may ask not to (rule 10 of the architecture)', max_length=200)),
                ('phase', models.CharField(choices=[('there', 'there'), ('gone_once', 'gone_once'), ('removed', 'removed'), ('offline', 'offline')], default='there', max_length=10)),
                ('offline_since', models.DateTimeField(help_text='First of the checks in a row that found it gone, or since when its host is silent', null=True)),
                ('since', models.DateTimeField(help_text='When following began; older ones are looked at less often')),
                ('failures', models.IntegerField(default=0, help_text='Checks in a row that told nothing')),
                ('checked_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(blank=True, db_default='', help_text='What the last check said, all its looks together', max_length=12)),
                ('reason', models.CharField(blank=True, db_default='', help_text='Code of why, where the outcome is not plain', max_length=40)),
                ('said', models.CharField(blank=True, choices=[('gone', 'gone'), ('there', 'there')], db_default='', help_text='What a person said after a look, while it holds', max_length=5)),
                ('said_of', models.CharField(blank=True, db_default='', help_text='What checks saw when the person said it', max_length=60)),
                ('due_at', models.DateTimeField()),
                ('lease', models.UUIDField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('notice_url', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='target', to='notices.noticeurl')),
            ],
        ),
        migrations.CreateModel(
            name='SilentHost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.CharField(max_length=270)),
                ('network', models.CharField(choices=[('own', 'Own'), ('second', 'Second')], max_length=6)),
                ('since', models.DateTimeField()),
                ('checks', models.IntegerField(help_text='How many got no answer since')),
            ],
        ),
        migrations.CreateModel(
            name='HeardNetwork',
            fields=[
                ('network', models.CharField(choices=[('own', 'Own'), ('second', 'Second')], max_length=6, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ToCompare',
            fields=[
                ('target', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='to_compare', serialize=False, to='recheck.rechecktarget')),
            ],
        ),
        migrations.CreateModel(
            name='Observation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('present', 'present'), ('moved', 'moved'), ('gone', 'gone'), ('changed', 'changed'), ('blocked', 'blocked'), ('unreachable', 'unreachable'), ('unclear', 'unclear')], max_length=12)),
                ('status', models.SmallIntegerField(help_text='HTTP status, if an answer came', null=True)),
                ('reason', models.CharField(blank=True, help_text='Code of why, where the outcome is not plain', max_length=40)),
                ('evidence', models.CharField(blank=True, help_text='What the outcome rests on, in words of ours', max_length=120)),
                ('distance', models.SmallIntegerField(help_text='Bits of the nearest PDQ hash that differ, if compared', null=True)),
                ('at', models.DateTimeField()),
                ('vantage', models.CharField(choices=[('direct', 'Direct'), ('visitor', 'Visitor'), ('page', 'Page'), ('proxy', 'Proxy'), ('person', 'Person')], default='direct', max_length=8)),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='observations', to='recheck.rechecktarget')),
            ],
        ),
        migrations.CreateModel(
            name='Saying',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('said', models.CharField(choices=[('gone', 'gone'), ('there', 'there')], max_length=5)),
                ('reason', models.TextField(help_text='What the person saw')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sayings', to='recheck.rechecktarget')),
            ],
        ),
        migrations.CreateModel(
            name='InsteadPicture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.CharField(max_length=270)),
                ('sha256', models.BinaryField(max_length=32)),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='instead', to='recheck.rechecktarget')),
            ],
        ),
        migrations.CreateModel(
            name='Return',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('same_url', 'At the same address'), ('same_medium', 'The same bytes at another address'), ('near_medium', 'A near copy at another address')], max_length=12)),
                ('distance', models.SmallIntegerField(help_text='Bits of the PDQ hashes that differ', null=True)),
                ('times', models.IntegerField(help_text='Of same_url: which time it was, from 1; else 0')),
                ('at', models.DateTimeField(db_index=True)),
                ('provider', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='providers.provider')),
                ('removed', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='returned_as', to='notices.noticeurl')),
                ('url', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='returns', to='notices.noticeurl')),
            ],
        ),
        migrations.AddIndex(
            model_name='rechecktarget',
            index=models.Index(fields=['due_at', 'id'], name='recheck_due'),
        ),
        migrations.AddIndex(
            model_name='rechecktarget',
            index=models.Index(condition=models.Q(('phase', 'offline')), fields=['site'], name='recheck_offline'),
        ),
        migrations.AddConstraint(
            model_name='silenthost',
            constraint=models.UniqueConstraint(fields=('site', 'network'), name='silent_host_once'),
        ),
        migrations.AddIndex(
            model_name='rechecktarget',
            index=models.Index(condition=models.Q(('lease_until__isnull', False)), fields=['lease_until'], name='recheck_leased'),
        ),
        migrations.AddIndex(
            model_name='observation',
            index=models.Index(fields=['target', '-id'], name='observations_of_target'),
        ),
        migrations.AddIndex(
            model_name='saying',
            index=models.Index(fields=['target', '-id'], name='sayings_of_target'),
        ),
        migrations.AddIndex(
            model_name='insteadpicture',
            index=models.Index(fields=['site', 'sha256'], name='instead_on_site'),
        ),
        migrations.AddIndex(
            model_name='insteadpicture',
            index=models.Index(fields=['sha256'], name='instead_anywhere'),
        ),
        migrations.AddConstraint(
            model_name='insteadpicture',
            constraint=models.UniqueConstraint(fields=('target', 'sha256'), name='instead_once'),
        ),
        migrations.AddConstraint(
            model_name='return',
            constraint=models.UniqueConstraint(fields=('url', 'times'), name='return_once'),
        ),
    ]
