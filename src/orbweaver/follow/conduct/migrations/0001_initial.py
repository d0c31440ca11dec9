import django.contrib.postgres.fields
import django.db.models.deletion
import orbweaver.platform.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('providers', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Credit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('crd'), editable=False, max_length=24, unique=True)),
                ('kind', models.CharField(choices=[('checks_uploads', 'Checks uploads against hash lists'), ('searches_stock', 'Searched what it already holds'), ('closes_accounts', 'Closes accounts of those who upload it'), ('reports_more', 'Reports or preserves more than it must'), ('removes_harmful', 'Removes harmful material that its law does not forbid'), ('other', 'Something else')], max_length=16)),
                ('evidence', models.TextField()),
                ('made_at', models.DateTimeField()),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='credits', to='providers.provider')),
            ],
        ),
        migrations.CreateModel(
            name='ProviderConduct',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kinds', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('proactive', 'proactive'), ('reactive', 'reactive'), ('resistant', 'resistant'), ('non_compliant', 'non_compliant'), ('complicit', 'complicit')], max_length=13), default=list, size=None)),
                ('findings', models.JSONField(default=list, help_text='kind, because, proposed: what the rules say by themselves')),
                ('behaviour', models.JSONField(default=dict, help_text='conduct.rules.Behaviour as written')),
                ('rules_version', models.CharField(max_length=20)),
                ('assessed_at', models.DateTimeField(db_index=True)),
                ('provider', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='conduct', to='providers.provider')),
            ],
        ),
        migrations.CreateModel(
            name='CommerceSign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=260)),
                ('sign', models.CharField(max_length=20)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='commerce_signs', to='providers.provider')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('provider', 'host', 'sign'), name='sign_once')],
            },
        ),
        migrations.CreateModel(
            name='Override',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('ovr'), editable=False, max_length=24, unique=True)),
                ('kind', models.CharField(choices=[('proactive', 'proactive'), ('reactive', 'reactive'), ('resistant', 'resistant'), ('non_compliant', 'non_compliant'), ('complicit', 'complicit')], max_length=13)),
                ('applies', models.BooleanField()),
                ('reason', models.TextField()),
                ('made_at', models.DateTimeField()),
                ('signed_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='overrides', to='providers.provider')),
                ('signed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('provider', 'kind'), name='one_override_in_force'), models.CheckConstraint(condition=models.Q(('signed_by', None), models.Q(('signed_by', models.F('made_by')), _negated=True), _connector='OR'), name='two_people_sign')],
            },
        ),
    ]
