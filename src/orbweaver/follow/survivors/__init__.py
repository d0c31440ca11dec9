"""Requests of survivors and of those who ask for them: taken in, followed, withdrawn (R56 to R60)."""
