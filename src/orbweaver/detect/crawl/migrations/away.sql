-- What is done leaves the frontier after a while. Its key stays in a row of 60 bytes, its details in Parquet, some
-- thousands of rows at a time, both in partitions by the quarter in which it was fetched. Partitions are made by whoever
-- puts something into them (`crawl/away.py`), and dropped whole. A hash index costs as much to ask at any size.

CREATE TABLE crawl_awayurl (
    number bigint NOT NULL, key uuid NOT NULL, fetched_on date NOT NULL, kind smallint NOT NULL, hops smallint NOT NULL
) PARTITION BY RANGE (fetched_on);
CREATE INDEX away_key ON crawl_awayurl USING hash (key);

CREATE TABLE crawl_awaydetails (
    first bigint NOT NULL, last bigint NOT NULL, fetched_on date NOT NULL, data bytea NOT NULL
) PARTITION BY RANGE (fetched_on);
CREATE INDEX away_numbers ON crawl_awaydetails (last, first);
