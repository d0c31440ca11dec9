"""A lease reads no more than it takes (see ``crawl.leasing``).

What leads led to is found in the order in which it is leased, and a host's row says where what waits there begins. The
index over all states is gone: it made a crawl of single leads read all that waited, and grew with each change of a row.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("crawl", "0007_other_prints")]

    operations = [
        migrations.AddField(
            model_name="site",
            name="best_id",
            field=models.BigIntegerField(db_default=0, help_text="Number of the first of these URLs, or a lower one"),
        ),
        migrations.RemoveIndex(model_name="frontierurl", name="frontier_of_lead"),
        migrations.AddIndex(
            model_name="frontierurl",
            index=models.Index(
                condition=models.Q(("state", 0)),
                fields=["lead", "site", "priority", "id"],
                name="frontier_waiting_of_lead",
            ),
        ),
        migrations.AddIndex(
            model_name="frontierurl",
            index=models.Index(condition=models.Q(("state", 3)), fields=["lead"], name="frontier_done_of_lead"),
        ),
    ]
