"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

MERGE_WITH_ITSELF = Message("series.merge_with_itself", "Choose another series: one cannot be merged with itself.")
MERGE_OTHER_WAY = Message(
    "series.merge_other_way",
    "Police know this series and not the other. Merge the other one into this.",
)
NOTHING_TO_SPLIT = Message("series.nothing_to_split", "Choose the items that go to the new series.")
NOTHING_LEFT = Message("series.nothing_left", "Leave at least one item: to rename a series is not to split it.")
UNDONE_ALREADY = Message("series.undone_already", "This change was undone already.")
LATER_CHANGE = Message("series.later_change", "These series were changed again since. Undo the later change first.")
CHANGE_WITHOUT_REASON = Message(
    "series.change_without_reason",
    "Say why. The reason is kept with the history of both series.",
)
NO_SUCH_SERIES = Message("series.no_such_series", "There is no such series.")
TITLE_MISSING = Message(
    "series.title_missing",
    "Give the series a title. It is internal and never leaves the workplace.",
)
NAME_EMPTY = Message("series.name_empty", "The name of the series is empty.")
SERIES_CHANGED = Message(
    "series.series_changed",
    "The series changed after this page was opened. Nothing was changed; look at it again.",
)
LINK_WITHOUT_REASON = Message("series.link_without_reason", "Say in words why it belongs to the series.")
UNLINK_WITHOUT_REASON = Message("series.unlink_without_reason", "Say why it does not belong to the series.")
VICTIM_WITHOUT_LABEL = Message(
    "series.victim_without_label",
    "Describe the victim in a few words, such as “the older child”. Never a name.",
)
VICTIM_AGES = Message("series.victim_ages", "Give a least and a greatest age in years; a child is under 18.")
SOURCE_MISSING = Message("series.source_missing", "Name the source: which police force or database says so.")
DAY_IN_FUTURE = Message("series.day_in_future", "The day is in the future.")
REFERENCE_MISSING = Message("series.reference_missing", "Give the reference under which police know the series.")
LIAISON_ONLY = Message(
    "series.liaison_only",
    "Only the law-enforcement liaison says what police know of a series or a victim.",
)
