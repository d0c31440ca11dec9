"""Who is told of what: hosts looked up, drafts by contact, notices written, held and released, and who is next."""
