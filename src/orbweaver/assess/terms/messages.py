"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

FILE_TOO_LARGE = Message("terms.file_too_large", "The file is larger than 2 MB. Split it into several lists.")
NOT_UTF8 = Message("terms.not_utf8", "The file is not UTF-8 text.")
NOT_TOML = Message("terms.not_toml", "The file is not TOML.")
NO_TERM = Message("terms.no_term", "The file holds no [[term]].")
COLUMNS_MISSING = Message("terms.columns_missing", "The first line must name the columns term and forms.")
NOT_CSV = Message("terms.not_csv", "The file is not CSV.")
WATCH_KEY_MISSING = Message(
    "terms.watch_key_missing",
    "The key of the watch terms is not on this machine. Copy watch-term-key into the keys folder.",
)
LANGUAGE_CODE = Message("terms.language_code", "Give the language by its two letters, like en or fr.")
NAME_IN_ANOTHER_LANGUAGE = Message(
    "terms.name_in_another_language",
    "There is a list of this name in another language. Choose another name.",
)
WORDS_MISSING = Message("terms.words_missing", "Give one to eight words with at least four characters together.")
REFERENCE_MISSING = Message("terms.reference_missing", "Give the reference of the request that the term belongs to.")
TOO_MANY_FORMS = Message(
    "terms.too_many_forms",
    "too many forms",
)
TOO_LONG = Message(
    "terms.too_long",
    "longer than 200 characters",
)
NO_WORD = Message(
    "terms.no_word",
    "holds no word",
)
