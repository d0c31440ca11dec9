"""What all these doors share: who asks, what they may send, how fast, and what is known of it."""
