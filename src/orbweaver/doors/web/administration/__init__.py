"""Pages of those who answer for the installation: people, lists, criteria, the audit log."""
