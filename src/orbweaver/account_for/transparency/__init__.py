"""Figures and public accountability."""
