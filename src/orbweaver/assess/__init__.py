"""Decide what it is: criteria, series, terms near imagery, review, suggestions."""
