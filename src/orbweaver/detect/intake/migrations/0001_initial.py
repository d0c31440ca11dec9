import orbweaver.platform.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=orbweaver.platform.fields.NewPublicId('rep'), editable=False, max_length=24, unique=True)),
                ('url', models.TextField()),
                ('url_key', models.BinaryField(db_index=True, max_length=32)),
                ('source', models.CharField(choices=[('public', 'Public'), ('partner', 'Partner'), ('operator', 'Operator')], max_length=10)),
                ('comment', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('received', 'Received'), ('fetched', 'Fetched'), ('unreachable', 'Unreachable'), ('assessed', 'Assessed')], default='received', max_length=12)),
                ('state_reason', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField()),
                ('assessed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SenderCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.BinaryField(max_length=32, unique=True)),
                ('hour', models.DateTimeField(db_index=True)),
                ('count', models.IntegerField()),
            ],
        ),
    ]
