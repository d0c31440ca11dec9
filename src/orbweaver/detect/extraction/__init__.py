"""What pages, documents and archives hold, with its context. No Django, no network."""
