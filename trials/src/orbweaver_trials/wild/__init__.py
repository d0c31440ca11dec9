"""``orbweaver demo --wild``: a world that shares none of the program's assumptions, and a ledger of its own truth."""
