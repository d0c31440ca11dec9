"""Pages of those who assess: the queue, items, series, terms, and a person's own day."""
