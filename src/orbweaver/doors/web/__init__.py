"""The workplace, the desk and the public side, as pages."""
