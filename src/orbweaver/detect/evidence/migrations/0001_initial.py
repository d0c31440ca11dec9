import orbweaver.platform.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Archive',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('arc'), editable=False, max_length=24, unique=True)),
                ('bound_at', models.DateTimeField()),
                ('swept_at', models.DateTimeField(help_text='Until when what was due has been erased, by the clock of that moment')),
                ('simulated', models.BooleanField(default=False, help_text='That clock was one of a demonstration')),
            ],
        ),
        migrations.CreateModel(
            name='EvidenceObject',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('evd'), editable=False, max_length=24, unique=True)),
                ('kind', models.CharField(choices=[('media', 'Media'), ('page', 'Page'), ('neighbour', 'Neighbour'), ('capture', 'Capture')], max_length=10)),
                ('size', models.BigIntegerField(help_text='Bytes before encryption')),
                ('mime', models.CharField(blank=True, max_length=100)),
                ('file_name', models.CharField(help_text='Below the evidence folder', max_length=80, unique=True)),
                ('authority', models.TextField(help_text='Legal authority under which it is kept')),
                ('created_at', models.DateTimeField()),
                ('retain_until', models.DateTimeField(db_index=True)),
                ('erased_at', models.DateTimeField(null=True)),
                ('held_at', models.DateTimeField(help_text='Since when it is under legal hold: then nothing erases it', null=True)),
                ('held_because', models.CharField(blank=True, max_length=300)),
                ('erased_because', models.CharField(blank=True, choices=[('retention', 'Its time of retention had ended'), ('neighbour', 'Nobody linked it to a series in time'), ('key_gone', 'Its key had been destroyed before a backup was restored')], max_length=10)),
            ],
        ),
        migrations.CreateModel(
            name='ObjectKey',
            fields=[
                ('stored', models.OneToOneField(on_delete=models.deletion.PROTECT, primary_key=True, related_name='key', serialize=False, to='evidence.evidenceobject')),
                ('wrapped', models.BinaryField()),
            ],
        ),
    ]
