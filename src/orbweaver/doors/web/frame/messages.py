"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

NOTHING_TO_TAKE_AWAY = Message("pages.nothing_to_take_away", "Say what is to be taken away.")
LINK_INCOMPLETE = Message(
    "pages.link_incomplete",
    "Give the number of the series, the item’s position in the incident, and why.",
)
MARKER_MISSING = Message("pages.marker_missing", "Choose a marker.")
NO_SUCH_STILL = Message("pages.no_such_still", "This is not a time in a video. Choose one of its stills on the page.")
PLACE_MISSING = Message(
    "pages.place_missing",
    "Choose the sighting whose context is sexualised: this verdict is about one sighting alone.",
)
STAGE_MISSING = Message("pages.stage_missing", "Choose its position in the incident.")
SOURCE_OR_DAY_MISSING = Message(
    "pages.source_or_day_missing",
    "Name the source and the day on which law enforcement said so.",
)
WATCH_TERM_INCOMPLETE = Message(
    "pages.watch_term_incomplete",
    "Give the reference, the kind, and one to eight words to watch for.",
)
