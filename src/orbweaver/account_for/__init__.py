"""Say in public what was done: figures, charts, reports."""
