"""Past a provider that ignores notices: to whoever keeps it going, by a written policy with waiting times."""
