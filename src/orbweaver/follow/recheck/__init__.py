"""Observations of notified URLs and the removal clock."""
