"""What a machine says of itself is bounded: times are the database's own, reasons are that it left.

A stolen machine could say times that no program reads, upon which it could neither be listed nor revoked, or that it is
gone while it went on. What was said so before is put right first.
"""

from django.db import migrations

PUT_RIGHT = """
UPDATE machines_machine SET gone_because = '' WHERE gone_at IS NULL AND gone_because <> '';
UPDATE machines_machine SET gone_at = clock_timestamp()
WHERE gone_at NOT BETWEEN '2000-01-01' AND clock_timestamp() + interval '1 day';
UPDATE machines_machine SET gone_because = 'left'
WHERE gone_at IS NOT NULL AND gone_because NOT IN ('left', 'revoked', 'lapsed');
UPDATE machines_machine SET seen_at = NULL
WHERE seen_at NOT BETWEEN '2000-01-01' AND clock_timestamp() + interval '1 day';
UPDATE machines_machine SET joined_at = invited_at
WHERE joined_at NOT BETWEEN '2000-01-01' AND clock_timestamp() + interval '1 day';
"""

BOUNDED = """
CREATE OR REPLACE FUNCTION machines_gone_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.gone_at IS NOT NULL AND (NEW.gone_at IS NULL OR NEW.gone_because = '' OR OLD.role = current_user) THEN
        RAISE EXCEPTION 'a machine that is gone stays so';
    END IF;
    IF OLD.role = current_user THEN
        NEW.joined_at := COALESCE(OLD.joined_at, CASE WHEN NEW.joined_at IS NOT NULL THEN clock_timestamp() END);
        NEW.seen_at := CASE WHEN NEW.seen_at IS NOT NULL THEN clock_timestamp() END;
        NEW.gone_at := CASE WHEN NEW.gone_at IS NOT NULL THEN clock_timestamp() END;
        NEW.gone_because := CASE WHEN NEW.gone_at IS NOT NULL THEN 'left' ELSE '' END;
        NEW.done := GREATEST(NEW.done, OLD.done);
    END IF;
    RETURN NEW;
END;
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("machines", "0002_gone_stays")]

    operations = [
        migrations.RunSQL(PUT_RIGHT, migrations.RunSQL.noop),
        migrations.RunSQL(BOUNDED, migrations.RunSQL.noop),
    ]
