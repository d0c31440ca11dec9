"""A leased URL on its way to what is recorded of it."""
