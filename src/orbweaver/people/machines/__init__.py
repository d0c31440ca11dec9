"""The machines of a fleet: invited, joined, drained, gone."""
