"""A machine that is gone stays so. It may say that it left; what was said of it then is not the machine's to change."""

from django.db import migrations

GONE_STAYS = """
CREATE FUNCTION machines_gone_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.gone_at IS NOT NULL AND (NEW.gone_at IS NULL OR NEW.gone_because = '' OR OLD.role = current_user) THEN
        RAISE EXCEPTION 'a machine that is gone stays so';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER machines_gone_stays BEFORE UPDATE ON machines_machine
    FOR EACH ROW EXECUTE FUNCTION machines_gone_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("machines", "0001_initial")]

    operations = [migrations.RunSQL(GONE_STAYS, migrations.RunSQL.noop)]
