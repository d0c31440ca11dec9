"""What an entry and a hash belong to is kept by triggers once a statement, no longer by foreign keys once a row."""

import django.db.models.deletion
from django.db import migrations, models

from orbweaver.platform.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("hashlists", "0002_uploadedlist_is_held")]

    operations = [
        migrations.AlterField(
            model_name="hashlistentry",
            name="hash_list",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="hashlists.hashlist",
            ),
        ),
        migrations.AlterField(
            model_name="hashlistentry",
            name="list_import",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="hashlists.listimport",
            ),
        ),
        migrations.AlterField(
            model_name="entryhash",
            name="entry",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="hashes",
                to="hashlists.hashlistentry",
            ),
        ),
        run_file(__file__, "standing_rows.sql"),
    ]
