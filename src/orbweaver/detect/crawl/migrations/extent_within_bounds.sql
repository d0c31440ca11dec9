-- As people/machines/migrations/within_bounds.sql does for the tables before it.

ALTER TABLE crawl_extent ADD CONSTRAINT crawl_extent_times_within_bounds
    CHECK (full_at >= '1970-01-01Z' AND full_at < '3000-01-01Z');

CREATE TRIGGER crawl_extent_counts BEFORE INSERT OR UPDATE ON crawl_extent FOR EACH ROW
    WHEN (NEW.addresses NOT BETWEEN 0 AND 1000000000000000 OR NEW.finds NOT BETWEEN 0 AND 1000000000000000)
    EXECUTE FUNCTION counts_within_bounds('1000000000000000', 'addresses', 'finds');
