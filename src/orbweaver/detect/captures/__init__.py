"""Captures: what went over the wire when something known was seen, as a court can read it."""
