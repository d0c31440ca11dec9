"""From which change on a history of the database has changes of its own, so that whoever follows them can tell."""

from django.db import migrations, models

from orbweaver.platform.sql_files import run_file


class Migration(migrations.Migration):
    dependencies = [("hashlists", "0003_rows_stand_by_triggers")]

    operations = [
        migrations.CreateModel(
            name="Lineage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                (
                    "began_after",
                    models.BigIntegerField(help_text="The last change that it has in common with the one before"),
                ),
            ],
        ),
        run_file(__file__, "lineage.sql"),
    ]
