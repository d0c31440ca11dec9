"""How forces' own programs read what a referral says: one file a format, each a file of the bundle."""
