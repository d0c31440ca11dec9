"""Changes that wait for a second person's agreement."""
