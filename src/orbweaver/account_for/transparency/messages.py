"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

FIGURES_NOT_READY = Message(
    "figures.figures_not_ready",
    "The figures are being recounted. Nothing is lost; come back in a few minutes.",
)
UNDERCOUNT = Message(
    "figures.undercount",
    "Every figure is an undercount: services that cannot be crawled are not seen, and notices that "
    "a policy holds back are not sent.",
)
"""Said with every figure that leaves the system (R3): in pages, commands and files."""
ASSESSED_BY_ANALYSTS = Message(
    "figures.assessed_by_analysts",
    "Every notice rests on the assessment of trained analysts who answer without knowing each "
    "other's answers, by versioned removal criteria. Who assesses has had training within the last "
    "twelve months.",
)
PROVIDERS_CHOOSE_NOTHING = Message(
    "figures.providers_choose_nothing",
    "Providers cannot pause a notice, choose who assesses or see who did.",
)
OBJECTIONS_GO_TO_A_PERSON = Message(
    "figures.objections_go_to_a_person",
    "A provider's objection goes to a person; a decision can be reviewed by someone who was not "
    "involved in it. Every look, decision and notice is kept in a log that cannot be changed "
    "afterwards.",
)
SENT_ONCE = Message(
    "figures.sent_once",
    "A notice is sent once for each occasion, to the best contact known, and repeated daily "
    "until two checks at different times find the material gone. Removal times are counted "
    "from the first notice.",
)
