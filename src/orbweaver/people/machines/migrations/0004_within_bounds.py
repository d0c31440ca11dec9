"""Times, numbers and JSON that a machine may write are bounded, so that none of them stops those who read it."""

from django.db import migrations

from orbweaver.platform.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [
        ("machines", "0003_own_words_bounded"),
        ("captures", "0002_lost_captures"),
        ("crawl", "0003_alive_of_machines"),
        ("evidence", "0002_kept_as_long"),
        ("held", "0002_earlier_pictures"),
        ("intake", "0005_report_of_machines"),
        ("linking", "0002_position"),
        ("matching", "0006_sighting_lead"),
        ("media", "0002_crawled_films"),
        ("terms", "0001_initial"),
        ("transparency", "0003_addresses"),
    ]

    operations = [run_file(__file__, "within_bounds.sql")]
