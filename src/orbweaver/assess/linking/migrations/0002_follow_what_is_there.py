"""Sightings from before this folder are followed once, too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("linking", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO linking_tofollow (sighting_id) SELECT id FROM matching_sighting ON CONFLICT DO NOTHING",
            migrations.RunSQL.noop,
        )
    ]
