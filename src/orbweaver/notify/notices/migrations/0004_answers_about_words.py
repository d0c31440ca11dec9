from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notices', '0003_concluding'),
    ]

    operations = [
        migrations.AddField(
            model_name='incominganswer',
            name='about',
            field=models.CharField(blank=True, db_default='', help_text='Of one about words: the number of the message it answers', max_length=32),
        ),
    ]
