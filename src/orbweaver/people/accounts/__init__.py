"""People, organisations, agreements, training, roles and API keys."""
