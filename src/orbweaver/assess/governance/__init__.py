"""Who agreed to which version of the removal criteria, and since when each is in force."""
