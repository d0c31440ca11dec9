"""What comes back: bounces, replies, push-backs and what is told to those who object."""
