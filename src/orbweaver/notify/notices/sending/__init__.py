"""How a message leaves, once for each occasion: the outbox, its channels, and what is uncertain."""
