"""Append-only, hash-chained events: who looked at what and decided what."""
