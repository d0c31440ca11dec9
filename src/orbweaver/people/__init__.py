"""People and what they did: accounts, organisations, training, roles, keys; the audit log."""
