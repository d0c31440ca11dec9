"""Backups: database, evidence and keys to storage of their own, and back from there."""
