"""Find known material: crawl, reports, hash lists, media and their encrypted archive, matching."""
