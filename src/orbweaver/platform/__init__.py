"""What carries the rest: settings, clock, identifiers, network, the database and its processes."""
