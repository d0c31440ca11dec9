"""No machine says that its crawler lives for longer than a minute: once it is revoked, others take its leases."""

from django.db import migrations

OF_MACHINES = """
UPDATE crawl_crawlworker SET alive_until = clock_timestamp() + interval '1 minute'
WHERE alive_until NOT BETWEEN '2000-01-01' AND clock_timestamp() + interval '1 day';
UPDATE crawl_crawlworker SET started_at = clock_timestamp()
WHERE started_at NOT BETWEEN '2000-01-01' AND clock_timestamp() + interval '1 day';
CREATE FUNCTION crawl_alive_of_machines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF session_user ~ '^orbweaver_crawl(_|$)' OR current_user ~ '^orbweaver_crawl(_|$)' THEN
        NEW.alive_until := LEAST(GREATEST(NEW.alive_until, '2000-01-01'), clock_timestamp() + interval '1 minute');
        NEW.started_at := LEAST(GREATEST(NEW.started_at, '2000-01-01'), clock_timestamp());
    END IF;
    RETURN NEW;
END;
$$;
CREATE TRIGGER crawl_alive_of_machines BEFORE INSERT OR UPDATE ON crawl_crawlworker
    FOR EACH ROW EXECUTE FUNCTION crawl_alive_of_machines();
"""


class Migration(migrations.Migration):
    dependencies = [("crawl", "0002_otherpage")]

    operations = [migrations.RunSQL(OF_MACHINES, migrations.RunSQL.noop)]
