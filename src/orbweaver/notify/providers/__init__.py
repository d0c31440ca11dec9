"""Providers, their networks, domains and contacts."""
