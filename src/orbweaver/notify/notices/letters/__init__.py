"""What a notice says: the letter as data, its words in each language, its bytes."""
