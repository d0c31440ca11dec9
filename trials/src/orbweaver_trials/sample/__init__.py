"""A database with something on every page, for whoever works on pages: ``make up ARGS=--sample``."""
