"""Tables of rules: a hotline's own versions, each in force by two people's words, and what came with the program."""
