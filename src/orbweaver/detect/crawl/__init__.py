"""Leads, the durable frontier, politeness, fetching and extraction."""
