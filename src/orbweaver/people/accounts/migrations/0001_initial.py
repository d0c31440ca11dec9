import django.contrib.postgres.fields
import django.db.models.deletion
import orbweaver.platform.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('org'), editable=False, max_length=24, unique=True)),
                ('name', models.CharField(max_length=200, unique=True)),
                ('kind', models.CharField(choices=[('hotline', 'Hotline'), ('industry', 'Industry'), ('government', 'Government'), ('law_enforcement', 'Law Enforcement'), ('survivor_support', 'Survivor Support')], max_length=20)),
                ('country', models.CharField(max_length=2)),
                ('agreement', models.CharField(blank=True, help_text='Agreement or membership, in words', max_length=200)),
                ('vetted_on', models.DateField(blank=True, null=True)),
                ('agreement_ends_on', models.DateField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='PasswordRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254)),
                ('language', models.CharField(max_length=10)),
                ('sender', models.BinaryField(db_index=True, help_text='Stands for the network it came from', max_length=32)),
                ('asked_at', models.DateTimeField(db_index=True)),
                ('due_at', models.DateTimeField(help_text='When it is answered, or tried again')),
                ('claimed_at', models.DateTimeField(help_text='When the worker began to answer it', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SetupLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BinaryField(max_length=32, unique=True)),
                ('created_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('key'), editable=False, max_length=24, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('prefix', models.CharField(max_length=16, unique=True)),
                ('digest', models.BinaryField(max_length=32)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                ('created_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(help_text='When it stops working by itself; none: never', null=True)),
                ('url_hosts', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=253), db_default=[], default=list, help_text='Hosts whose addresses may be scanned with it; `.example.org` stands for all below', size=None)),
                ('scans_per_minute', models.IntegerField(help_text="None: the installation's", null=True)),
                ('scans_per_day', models.BigIntegerField(help_text='In a day, in UTC; none: without end', null=True)),
                ('scans_per_month', models.BigIntegerField(help_text='In a month, in UTC; none: without end', null=True)),
                ('is_test', models.BooleanField(db_default=False, default=False, help_text='It finds what is on lists for tests alone, and nothing known')),
                ('first', models.ForeignKey(help_text="The first of the keys that took each other's place; quotas are of all of them together", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followers', to='accounts.apikey')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='api_keys', to='accounts.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='RateWindow',
            fields=[
                ('client', models.CharField(help_text='As the API\'s port names it', max_length=80, primary_key=True, serialize=False)),
                ('ends_at', models.DateTimeField(help_text="By the database's own clock")),
                ('taken', models.BigIntegerField(help_text='Scans of it that processes have set aside; more than all: none is left')),
            ],
        ),
        migrations.CreateModel(
            name='KeyUsage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('door', models.CharField(help_text='The protocol that was spoken', max_length=16)),
                ('requests', models.BigIntegerField(default=0, help_text='Answers of any kind')),
                ('scans', models.BigIntegerField(default=0, help_text='Files; a hundred hashes count as one')),
                ('matched', models.BigIntegerField(default=0, help_text='Files and hashes of which something is known')),
                ('refused', models.BigIntegerField(default=0, help_text='Requests beyond what the key may ask')),
                ('failed', models.BigIntegerField(default=0, help_text='Requests that were wrong, or that we could not answer')),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='usage', to='accounts.apikey')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key', 'day', 'door'), name='accounts_usage_once_a_day')],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('usr'), editable=False, max_length=24, unique=True)),
                ('email', models.EmailField(max_length=254, unique=True)),
                ('display_name', models.CharField(max_length=120)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('session_epoch', models.IntegerField(db_default=0, default=0, help_text='Grows when all sign-ins of this person have to end')),
                ('language', models.CharField(blank=True, db_default='', default='', help_text='Of the pages; empty: as the browser asks', max_length=10)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='people', to='accounts.organisation')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PasswordLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BinaryField(max_length=32, unique=True)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='password_links', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Training',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('course', models.CharField(max_length=200)),
                ('completed_on', models.DateField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trainings', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='RoleGrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('criteria_editor', 'criteria_editor'), ('analyst', 'analyst'), ('senior_analyst', 'senior_analyst'), ('hotline_manager', 'hotline_manager'), ('industry_client', 'industry_client'), ('government_observer', 'government_observer'), ('law_enforcement_liaison', 'law_enforcement_liaison'), ('survivor_support', 'survivor_support'), ('administrator', 'administrator')], max_length=30)),
                ('granted_at', models.DateTimeField()),
                ('granted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='role_grants', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('user', 'role'), name='role_once')],
            },
        ),
    ]
