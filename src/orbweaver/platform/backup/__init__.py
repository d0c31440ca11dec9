"""Backups: database, evidence and keys to places of their own, and back from there."""
