"""What of a lead is to be tried later, and after how many attempts: else all that anybody put off would be read."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crawl', '0008_bounded_leases'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='frontierurl',
            index=models.Index(condition=models.Q(('state', 2)), fields=['lead', 'attempts'], name='frontier_later_of_lead'),
        ),
    ]
