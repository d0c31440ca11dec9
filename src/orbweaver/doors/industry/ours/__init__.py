"""``/api/v1/…``: our own calls."""
