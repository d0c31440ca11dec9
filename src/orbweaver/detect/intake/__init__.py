"""Reports and requests from the public, partners and the command line."""
