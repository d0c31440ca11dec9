"""Ways in: pages, API, command line, and the loops that do what is due."""
