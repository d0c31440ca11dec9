-- The hot tables are vacuumed early: every URL changes twice, and a host's row with each lease.
-- A fiftieth of the frontier instead of the usual fifth keeps dead versions few however large it is; rows of hosts,
-- workers and leads are few and change all the time. Leads count pages in place, for which their pages have room.

ALTER TABLE crawl_frontierurl SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE crawl_site SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE crawl_crawlworker SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
ALTER TABLE crawl_lead SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, fillfactor = 80);
ALTER TABLE crawl_crawlcount SET (fillfactor = 60);
