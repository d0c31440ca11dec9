-- An event of which no program could read the time or the details kept the log from being sealed, and for good: nothing is
-- removed from it. One that a machine has added so is put right; it is not sealed, as it could not be. What is sealed was
-- read.

ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only;
UPDATE audit_event SET at = clock_timestamp()
WHERE position IS NULL AND NOT (at >= '1970-01-01Z' AND at < '3000-01-01Z');
UPDATE audit_event SET details = '{}'
WHERE position IS NULL AND NOT json_within_bounds(details);
ALTER TABLE audit_event ENABLE TRIGGER audit_event_append_only;
ALTER TABLE audit_event ADD CONSTRAINT audit_event_within_bounds CHECK (
    at >= '1970-01-01Z' AND at < '3000-01-01Z' AND json_within_bounds(details)
) NOT VALID;
