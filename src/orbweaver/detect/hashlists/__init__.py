"""Lists of known hashes: entries, provenance, imports, withdrawals."""
