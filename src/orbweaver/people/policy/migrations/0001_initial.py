from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Version',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('values', models.JSONField(help_text="Setting → value; what is missing is each machine's own")),
                ('set_at', models.DateTimeField()),
                ('set_by', models.CharField(help_text='Who: a public identifier, or the command line', max_length=40)),
            ],
        ),
    ]
