"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

PICTURE_NOT_ARCHIVED = Message(
    "linking.picture_not_archived",
    "That picture is not archived here. What is known about it is on the page.",
)
NO_SUCH_PICTURE = Message("linking.no_such_picture", "There is no such picture.")
PICTURE_OF_NO_SERIES = Message("linking.picture_of_no_series", "That picture is not in a series of this item.")
ONLY_POLICE_LOOK = Message("linking.only_police_look", "Only law enforcement’s liaison sees pictures on this page.")
PICTURE_NO_NEIGHBOUR = Message("linking.picture_no_neighbour", "That picture is not a neighbour of this item.")
RISK_MISSING = Message(
    "linking.risk_missing",
    "Say in a sentence what points to a child at risk. The liaison reads it at once.",
)
REASON_MISSING = Message("linking.reason_missing", "Say why the marker is withdrawn.")
NO_SUCH_MARKER = Message("linking.no_such_marker", "There is no such marker, or it was withdrawn already.")
REFERRAL_TAKEN = Message("linking.referral_taken", "A colleague has this referral. Nothing was changed.")
POLICE_MISSING = Message("linking.police_missing", "Name the police force and its reference.")
REFERRAL_TAKEN_OR_DONE = Message(
    "linking.referral_taken_or_done",
    "A colleague has this referral, or it was handed over. Nothing was changed.",
)
NO_SUCH_REFERRAL = Message("linking.no_such_referral", "There is no such referral.")
NEIGHBOUR_GONE = Message(
    "linking.neighbour_gone",
    "That picture is not a neighbour of this item, or it is not held any more.",
)
TWO_SERIES = Message(
    "linking.two_series",
    "They are in different series. If these are one, merge them; that also answers this suggestion.",
)
NO_SUCH_SUGGESTION = Message("linking.no_such_suggestion", "There is no such suggestion.")
SUGGESTION_DECIDED = Message(
    "linking.suggestion_decided",
    "Somebody decided this suggestion first. Nothing was changed.",
)
NEAR_DUPLICATE = Message(
    "linking.near_duplicate",
    "The pictures are near-duplicates: %(gap)s of 256 bits differ.",
)
SEQUENCE_HERE = Message(
    "linking.sequence_here",
    "The files are numbered in one sequence in the same place, %(gap)s apart.",
)
SEQUENCE = Message(
    "linking.sequence",
    "The files are numbered in a sequence of the same name in different places, %(gap)s apart.",
)
PAGE = Message(
    "linking.page",
    "They are on the same page, %(gap)s apart, among %(count)s that are known.",
)
GALLERY = Message(
    "linking.gallery",
    "They are in the same gallery, among %(count)s that are known.",
)
FOLDER = Message(
    "linking.folder",
    "They are in the same folder of the same host, among %(count)s that are known.",
)
TITLE = Message(
    "linking.title",
    "Their pages have the same title, among %(count)s that are known.",
)
UPLOADER = Message(
    "linking.uploader",
    "The same uploader is named for both, among %(count)s that are known.",
)
