import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from orbweaver.platform.sql_files import run_file


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True)),
                ('actor_label', models.CharField(max_length=120)),
                ('kind', models.CharField(db_index=True, max_length=60)),
                ('subject', models.CharField(db_index=True, help_text='Public identifier of what it is about', max_length=24)),
                ('details', models.JSONField(default=dict)),
                ('position', models.BigIntegerField(help_text='Position in the chain, from 1; none until sealed', null=True, unique=True)),
                ('hash', models.BinaryField(max_length=32, null=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        run_file(__file__, 'append_only.sql'),
    ]
