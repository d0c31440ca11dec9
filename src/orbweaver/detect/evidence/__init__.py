"""Keys and the encrypted archive of matched material."""
