"""Media by SHA-256 with their fingerprints."""
