from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('crawl', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='OtherPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url_id', models.BigIntegerField(help_text='The medium')),
                ('page_id', models.BigIntegerField()),
                ('near_id', models.BigIntegerField(help_text='The newest URL when it was kept: what else the page shows is near it')),
                ('context', models.JSONField(help_text='What stood around it on this page', null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('url_id', 'page_id'), name='other_page_once')],
            },
        ),
    ]
