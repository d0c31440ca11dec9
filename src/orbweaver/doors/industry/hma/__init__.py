"""``/hma/…``: look-ups and banks as clients of Hasher-Matcher-Actioner call them."""
