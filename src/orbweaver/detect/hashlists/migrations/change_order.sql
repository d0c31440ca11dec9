-- The order of changes that the match index follows.

CREATE SEQUENCE hashlists_change AS bigint;
