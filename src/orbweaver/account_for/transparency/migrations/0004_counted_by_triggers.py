"""What a machine of a fleet matched is counted by the trigger alone: the machine itself writes no difference.

``pg_temp`` comes last: else a table of that name, made by whoever adds a match, would be written to with the owner's
rights. Nobody but the owner may make another trigger of the function, as of a table of their own.
"""

from django.db import migrations

COUNTS = """
ALTER FUNCTION transparency_note_matches() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
REVOKE ALL ON FUNCTION transparency_note_matches() FROM PUBLIC;
"""
AS_BEFORE = """
ALTER FUNCTION transparency_note_matches() SECURITY INVOKER RESET search_path;
GRANT EXECUTE ON FUNCTION transparency_note_matches() TO PUBLIC;
"""


class Migration(migrations.Migration):
    dependencies = [("transparency", "0003_addresses")]

    operations = [migrations.RunSQL(COUNTS, AS_BEFORE)]
