"""What keeps an installation running: the embedded PostgreSQL, child processes, ``up`` and ``doctor``."""
