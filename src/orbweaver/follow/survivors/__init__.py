"""Requests of survivors and of those who ask for them: taken in, told of, withdrawn (R56 to R60)."""
