"""Tell whoever can remove it: countries, providers, notices."""
