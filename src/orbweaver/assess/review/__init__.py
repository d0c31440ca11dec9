"""The queue, leases, blind assessments, consensus and verdicts."""
