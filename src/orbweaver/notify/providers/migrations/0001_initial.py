import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import orbweaver.notify.providers.fields
import orbweaver.platform.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Provider',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('prv'), editable=False, max_length=24, unique=True)),
                ('name', models.CharField(max_length=200, unique=True)),
                ('country', models.CharField(blank=True, help_text='ISO 3166 code; empty when unknown', max_length=2)),
                ('kind', models.CharField(choices=[('host', 'Hosting'), ('platform', "Platform for its users' content"), ('network', 'Network'), ('cdn', 'Content delivery'), ('registrar', 'Registrar of domains'), ('payment', 'Payment service'), ('hotline', 'Hotline of another country'), ('other', 'Other')], default='host', max_length=10)),
                ('terms_url', models.URLField(blank=True, help_text='Its terms of service', max_length=500)),
                ('walled_garden', models.BooleanField(default=False, help_text='Cannot be crawled: figures about it are too low (R3)')),
                ('reduced_notices', models.BooleanField(default=False, help_text='Judged complicit: notices say as little as will do (R39)')),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='AsRelation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('upstream', models.BigIntegerField()),
                ('customer', models.BigIntegerField()),
                ('seen_at', models.DateTimeField(help_text='Day of the file')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('customer', 'upstream'), name='as_relation_once')],
            },
        ),
        migrations.CreateModel(
            name='HostLookup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=260)),
                ('outcome', models.CharField(choices=[('found', 'Found'), ('no_address', 'No Address'), ('blocked', 'Blocked'), ('failed', 'Failed')], max_length=12)),
                ('at', models.DateTimeField()),
                ('first_at', models.DateTimeField(help_text='Since when each look found the same')),
                ('looks', models.IntegerField(default=1)),
            ],
            options={
                'indexes': [models.Index(fields=['host', '-at'], name='lookups_of_host')],
            },
        ),
        migrations.CreateModel(
            name='ProviderAlias',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('key', models.CharField(help_text='The name as it is looked up: lower case, one blank', max_length=200, unique=True)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='providers.provider')),
            ],
        ),
        migrations.CreateModel(
            name='ProviderAsn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asn', models.BigIntegerField(help_text='1 to 4294967295', unique=True)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='systems', to='providers.provider')),
            ],
        ),
        migrations.CreateModel(
            name='ProviderDomain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(help_text='Lower case, in its ASCII form', max_length=253, unique=True)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='domains', to='providers.provider')),
            ],
        ),
        migrations.CreateModel(
            name='RdapAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('address', 'Address'), ('domain', 'Domain'), ('system', 'System')], max_length=8)),
                ('subject', models.CharField(help_text='The address, registrable domain or number asked about', max_length=260)),
                ('network', orbweaver.notify.providers.fields.CidrField(help_text='Of an address: every address in it has the same answer', null=True)),
                ('outcome', models.CharField(choices=[('found', 'found'), ('not_found', 'not_found'), ('no_contact', 'no_contact'), ('no_server', 'no_server'), ('rate_limited', 'rate_limited'), ('refused', 'refused'), ('unreachable', 'unreachable'), ('too_large', 'too_large'), ('bad_answer', 'bad_answer')], max_length=16)),
                ('name', models.CharField(blank=True, help_text='Holder of the network, or registrar of the domain', max_length=200)),
                ('handle', models.CharField(blank=True, max_length=120)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('asn', models.BigIntegerField(null=True)),
                ('contacts', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=320), default=list, help_text='Abuse addresses, best first', size=None)),
                ('asked_at', models.DateTimeField()),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GistIndex(fields=['network'], name='rdap_network_covers', opclasses=['inet_ops'])],
                'constraints': [models.UniqueConstraint(fields=('kind', 'subject'), name='rdap_answer_once')],
            },
        ),
        migrations.CreateModel(
            name='HostHop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.GenericIPAddressField()),
                ('network', orbweaver.notify.providers.fields.CidrField(null=True)),
                ('asn', models.BigIntegerField(null=True)),
                ('country', models.CharField(default='unknown', help_text='Code of two letters, or unknown', max_length=7)),
                ('source', models.CharField(blank=True, help_text='registry or rdap, whichever told', max_length=8)),
                ('lookup', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hops', to='providers.hostlookup')),
                ('provider', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='hops', to='providers.provider')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('lookup', 'address'), name='hop_once_per_lookup')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('ctc'), editable=False, max_length=24, unique=True)),
                ('channel', models.CharField(default='smtp', help_text='One that is registered (channel_kinds)', max_length=12)),
                ('address', models.CharField(help_text='As the channel writes it: a mail address, a URL, a name', max_length=320)),
                ('language', models.CharField(choices=[('en', 'English'), ('fr', 'Français')], default='en', help_text='Of notices to it', max_length=5)),
                ('source', models.CharField(choices=[('hand', 'Entered by hand'), ('rdap', 'RDAP'), ('published', 'Published by it'), ('security_txt', 'security.txt')], max_length=12)),
                ('seen_at', models.DateTimeField(help_text='When it was last found there')),
                ('checked_at', models.DateTimeField(help_text='When somebody last looked, whether it was found or not', null=True)),
                ('active', models.BooleanField(default=True)),
                ('bounced_at', models.DateTimeField(help_text='Mail to it came back for good; others go first since', null=True)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='providers.provider')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('provider', 'channel', 'address'), name='contact_once_per_provider')],
            },
        ),
        migrations.CreateModel(
            name='ProviderLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('upstream', 'Carries its traffic'), ('registrar', 'Registers its domains'), ('cdn', 'Delivers its content'), ('payment', 'Takes payments for it')], max_length=10)),
                ('seen_at', models.DateTimeField()),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='providers.provider')),
                ('to', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links_from', to='providers.provider')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('provider', 'to', 'kind'), name='link_once'), models.CheckConstraint(condition=models.Q(('provider', models.F('to')), _negated=True), name='link_to_another')],
            },
        ),
        migrations.CreateModel(
            name='ProviderNetwork',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('network', orbweaver.notify.providers.fields.CidrField()),
                ('asn', models.BigIntegerField(help_text='Number of the autonomous system, 1 to 4294967295', null=True)),
                ('country', models.CharField(blank=True, help_text='Where it is; empty: where its provider is', max_length=2)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='networks', to='providers.provider')),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GistIndex(fields=['network'], name='network_covers', opclasses=['inet_ops'])],
                'constraints': [models.UniqueConstraint(fields=('network',), name='network_once')],
            },
        ),
        migrations.CreateModel(
            name='ProviderOrganisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('added_at', models.DateTimeField()),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='providers', to='accounts.organisation')),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='organisations', to='providers.provider')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('provider', 'organisation'), name='provider_organisation_once')],
            },
        ),
        migrations.CreateModel(
            name='TermsClause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ground', models.CharField(choices=[('child_exploitation', 'Exploitation of children'), ('sexual_exploitation', 'Sexual exploitation'), ('physical_harm', 'Physical harm'), ('rights_of_others', 'Rights of others')], max_length=20)),
                ('clause', models.CharField(help_text='As the terms name or word it, e.g. “§ 4.2 Child safety”', max_length=500)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='clauses', to='providers.provider')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('provider', 'ground'), name='clause_once_per_ground')],
            },
        ),
        migrations.CreateModel(
            name='HostOrigin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(db_index=True, max_length=260)),
                ('address', models.GenericIPAddressField(help_text='Of the origin, where it was told', null=True)),
                ('noted_at', models.DateTimeField()),
                ('noted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('provider', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='origins', to='providers.provider')),
                ('told_by', models.ForeignKey(help_text='The CDN', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='providers.provider')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('host', 'provider', 'address'), name='origin_once', nulls_distinct=False)],
            },
        ),
    ]
