"""Pages as a browser shows them once their scripts have run."""
