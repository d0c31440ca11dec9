"""What a crawl changes of a report is all that the role of a machine may: one that waits was fetched, or could not be.

Nobody says by a stolen machine that a report was assessed, or that it waits no more, or again.
"""

from django.db import migrations

OF_MACHINES = """
CREATE FUNCTION intake_of_machines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (session_user ~ '^orbweaver_crawl(_|$)' OR current_user ~ '^orbweaver_crawl(_|$)')
            AND NOT (OLD.state = 'received' AND NEW.state IN ('received', 'fetched', 'unreachable')) THEN
        RAISE EXCEPTION 'a crawl changes only reports that wait to be fetched';
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER intake_of_machines BEFORE UPDATE ON intake_report
    FOR EACH ROW EXECUTE FUNCTION intake_of_machines();
"""


class Migration(migrations.Migration):
    dependencies = [("intake", "0004_visitedreport")]

    operations = [migrations.RunSQL(OF_MACHINES, migrations.RunSQL.noop)]
