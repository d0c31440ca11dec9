"""The hot tables are vacuumed early: every URL changes twice, and a host's row with each lease.

A fiftieth of the frontier instead of the usual fifth keeps dead versions few however large it is; rows of hosts, workers
and leads are few and change all the time. Leads count pages in place, for which their pages have room.
"""

from django.db import migrations

SETTINGS = {
    "crawl_frontierurl": "autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05",
    "crawl_site": "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000",
    "crawl_crawlworker": "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200",
    "crawl_lead": "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, fillfactor = 80",
    "crawl_crawlcount": "fillfactor = 60",
}


class Migration(migrations.Migration):
    dependencies = [("crawl", "0005_mark_walled_gardens")]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} SET ({settings})",
            f"ALTER TABLE {table} RESET ({', '.join(each.split('=')[0].strip() for each in settings.split(','))})",
        )
        for table, settings in SETTINGS.items()
    ]
