"""What holds on every machine, whatever its own settings say: versions, each in the audit log."""
