import django.db.models.deletion
import orbweaver.platform.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('evidence', '0001_initial'),
        ('matching', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Capture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('cpt'), editable=False, max_length=24, unique=True)),
                ('captured_at', models.DateTimeField(help_text='When the medium was asked for; real time')),
                ('sha256', models.BinaryField(help_text='Of the WARC file before encryption: what is stamped', max_length=32)),
                ('payload', models.BinaryField(db_index=True, help_text="SHA-256 of the medium's bytes as sent", max_length=32)),
                ('record_id', models.CharField(help_text='WARC-Record-ID of the answer that holds the medium', max_length=60)),
                ('target', models.TextField(help_text='Address of that answer')),
                ('stamped_at', models.DateTimeField(help_text='When all authorities had stamped it; none: they are asked', null=True)),
                ('refers_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='referring', to='captures.capture')),
                ('sighting', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='capture', to='matching.sighting')),
                ('stored', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='capture', to='evidence.evidenceobject')),
            ],
        ),
        migrations.CreateModel(
            name='CaptureStamp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('authority', models.CharField(help_text='Host of the authority', max_length=260)),
                ('answer', models.BinaryField()),
                ('at', models.DateTimeField(help_text='The time that it says')),
                ('capture', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stamps', to='captures.capture')),
            ],
        ),
        migrations.AddIndex(
            model_name='capture',
            index=models.Index(condition=models.Q(('stamped_at', None)), fields=['id'], name='capture_to_stamp'),
        ),
        migrations.AddConstraint(
            model_name='capturestamp',
            constraint=models.UniqueConstraint(fields=('capture', 'authority'), name='capture_stamped_once'),
        ),
    ]
