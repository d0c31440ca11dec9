"""What came back from everybody it was sent to counts as not told: ``told_at`` in place of ``first_sent_at``."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("orbweaver.account_for.transparency.migrations.0002_triggers").FUNCTIONS
REPLACED = ("transparency_note_urls", "transparency_note_notices")


def definition(name: str, column: str) -> str:
    start = BEFORE.index(f"CREATE FUNCTION {name}(")
    end = BEFORE.index("END $$;", start) + len("END $$;")
    return BEFORE[start:end].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace("first_sent_at", column)


class Migration(migrations.Migration):
    dependencies = [("transparency", "0002_triggers"), ("notices", "0011_bounces_believed")]

    operations = [
        migrations.RunSQL(definition(name, "told_at"), definition(name, "first_sent_at")) for name in REPLACED
    ]
