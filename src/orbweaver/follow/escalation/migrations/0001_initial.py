import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('notices', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Escalation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('due_at', models.DateTimeField(null=True)),
                ('notice', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='escalation', to='notices.notice')),
            ],
            options={
                'indexes': [models.Index(fields=['due_at', 'id'], name='escalation_due')],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=30)),
                ('route', models.CharField(choices=[('upstream', 'upstream'), ('cdn', 'cdn'), ('registrar', 'registrar'), ('payment', 'payment')], max_length=10)),
                ('round', models.IntegerField(default=0)),
                ('outcome', models.CharField(choices=[('told', 'told'), ('nobody', 'nobody'), ('told_before', 'told_before')], max_length=12)),
                ('told', models.IntegerField(default=0, help_text='Notices that it made or opened again')),
                ('policy_version', models.CharField(max_length=20)),
                ('at', models.DateTimeField()),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='escalation_steps', to='notices.notice')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('notice', 'name', 'round'), name='escalation_step_once')],
            },
        ),
    ]
