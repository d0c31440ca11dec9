"""What is counted is an address, and tables and functions say so. The summaries are built anew by their version."""

from django.db import migrations

NOTE_ADDRESSES = """
DO $$
DECLARE
    named oid;
BEGIN
    FOR named IN SELECT oid FROM pg_proc WHERE prosrc LIKE '%transparency_changedplace%' LOOP
        EXECUTE replace(pg_get_functiondef(named), 'transparency_changedplace', 'transparency_changedaddress');
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("transparency", "0002_changedsite")]

    operations = [
        migrations.RenameModel("Place", "NotifiedAddress"),
        migrations.RenameModel("ChangedPlace", "ChangedAddress"),
        migrations.RenameIndex("NotifiedAddress", new_name="address_removed_s", old_name="place_removed_s"),
        migrations.RunSQL(NOTE_ADDRESSES),
    ]
