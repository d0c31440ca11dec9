"""How the file of an import was read, so that one that was broken off is not taken up by another reading."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hashlists", "0005_uploadedlist_region")]

    operations = [
        migrations.AddField(
            model_name="listimport",
            name="list_format",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text='Name of its format; "" before that was kept',
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="listimport",
            name="region",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="By which its words were read, where that was said",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="listimport",
            name="replaced_by",
            field=models.ForeignKey(
                help_text="It was broken off, and then its file was read otherwise from the beginning",
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="replaces",
                to="hashlists.listimport",
            ),
        ),
    ]
