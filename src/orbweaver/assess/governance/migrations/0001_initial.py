import django.db.models.deletion
import orbweaver.platform.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CriteriaVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('crv'), editable=False, max_length=24, unique=True)),
                ('number', models.CharField(help_text="The file's own version", max_length=20, unique=True)),
                ('text', models.TextField(help_text='The file, as signed')),
                ('digest', models.CharField(help_text='SHA-256 of the text, in hexadecimal', max_length=64)),
                ('purpose', models.CharField(help_text='Why it is drafted, in words', max_length=500)),
                ('drafted_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('takes_effect_at', models.DateTimeField(db_index=True, help_text='Decisions follow it from then on, until a later one takes effect', null=True)),
                ('drafted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('taken_into_use_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('capacity', models.CharField(choices=[('government', 'government'), ('hotline', 'hotline')], max_length=12)),
                ('digest', models.CharField(max_length=64)),
                ('document', models.TextField(help_text='The signature as its holder made it, with their key (governance/keys.py)')),
                ('signed_at', models.DateTimeField()),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
                ('signed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='governance.criteriaversion')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('version', 'digest', 'signed_by'), name='one_signature_a_text')],
            },
        ),
    ]
