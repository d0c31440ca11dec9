"""Exchanges: lists of other suppliers pulled on a schedule, and what is said of single entries, both ways."""
