"""See what comes of it: rechecks, the conduct of providers, escalation."""
