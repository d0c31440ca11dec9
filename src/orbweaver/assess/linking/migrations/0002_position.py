"""Where a trace stands among others of its key is its position; what waits to be linked is called so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("linking", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="mediatrace", name="trace_once"),
        migrations.RenameField(model_name="mediatrace", old_name="place", new_name="position"),
        migrations.AddConstraint(
            model_name="mediatrace",
            constraint=models.UniqueConstraint(
                fields=["kind", "key", "media"], name="trace_once", include=["position"]
            ),
        ),
        migrations.RenameModel("ToFollow", "ToLink"),
        migrations.AlterField(
            model_name="tolink",
            name="sighting",
            field=models.OneToOneField(
                on_delete=models.CASCADE, primary_key=True, related_name="to_link", serialize=False, to="matching.sighting"
            ),
        ),
    ]
