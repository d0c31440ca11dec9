"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

TESTS_ALONE = Message(
    "lists.tests_alone",
    "A list that serves tests serves nothing else, and holds no verdicts and nothing known as good.",
)
TERMS_MISSING = Message(
    "lists.terms_missing",
    "Write under which terms its supplier lets it be handed on: they go with each entry of it to whoever fetches it.",
)
FORMAT_UNUSABLE = Message(
    "lists.format_unusable",
    "formats/%(name)s.py holds no ListFormat or uses a name that is taken.",
)
UNKNOWN_FORMAT = Message("lists.unknown_format", "There is no format of lists named %(name)s. Known: %(known)s.")
NOT_A_FILE = Message("lists.not_a_file", "%(path)s is not a file that can be read.")
FILE_UNREADABLE = Message("lists.file_unreadable", "%(path)s cannot be read: %(reason)s.")
COLUMNS_MISSING = Message(
    "lists.columns_missing",
    "The first line must name the columns %(columns)s; here %(missing)s is missing.",
)
ROW_NOT_CSV = Message("lists.row_not_csv", "not a CSV row: %(error)s")
ROW_WITHOUT_COLUMN = Message("lists.row_without_column", "none of its keys is a column of a list")
ROW_NOT_JSON = Message("lists.row_not_json", "not a JSON object")
VALUE_NOT_TEXT = Message("lists.value_not_text", "the column %(column)s holds neither text nor true or false")
NO_HASH_HERE = Message("lists.no_hash_here", "the line begins with no MD5, SHA-1 or SHA-256")
NOT_AN_OBJECT = Message("lists.not_an_object", "the record is not an object")
BREAKS_OFF = Message("lists.breaks_off", "the file breaks off here or cannot be read any further")
RECORD_TOO_LARGE = Message("lists.record_too_large", "the record is too large, or too deeply nested")
VALUE_ENDLESS = Message(
    "lists.value_endless", "a value in it is too long or does not end: nothing behind it can be read"
)
FIRST_ENDLESS = Message(
    "lists.first_endless",
    "The file cannot be read: a value in its first record, or before it, is too long or does not end.",
)
TOO_MANY_HASHES = Message("lists.too_many_hashes", "the row has more than %(most)s hashes")
NOT_THIS_JSON = Message("lists.not_this_json", "The file is not JSON of this format.")
NOT_THIS_XML = Message("lists.not_this_xml", "The file is not XML of this format.")
CATEGORY_HARMLESS = Message("lists.category_harmless", "its category says that it is not to be on a list")
REGION_NEEDED = Message(
    "lists.region_needed", "The numbers of its categories differ by region. Say the region: one of %(known)s."
)
UNKNOWN_REGION = Message("lists.unknown_region", "There is no such region. Known: %(known)s.")
LINE_TOO_LONG = Message("lists.line_too_long", "the line is too long")
UNKNOWN_CLASSIFICATION = Message("lists.unknown_classification", "the classification is not one of %(known)s")
UNKNOWN_IDENTIFIED = Message("lists.unknown_identified", "identified is neither identified nor unidentified")
UNKNOWN_BASELINE = Message("lists.unknown_baseline", "baseline is neither yes nor no")
SERIES_TOO_LONG = Message("lists.series_too_long", "the series or the source is longer than 200 characters")
ID_TOO_LONG = Message("lists.id_too_long", "the id or the member is longer than 200 characters")
UNKNOWN_MEDIA = Message("lists.unknown_media", "media is neither image nor video")
UNKNOWN_TIME = Message("lists.unknown_time", "time is not a number of seconds")
UNKNOWN_KIND = Message("lists.unknown_kind", "the kind of hash is not one of %(known)s")
VALUE_EMPTY = Message("lists.value_empty", "the value is empty")
VALUE_HOLDS_NUL = Message("lists.value_holds_nul", "the column %(column)s holds a NUL character")
VALUE_HOLDS_BREAK = Message("lists.value_holds_break", "the column %(column)s holds a line break")
VALUE_HOLDS_HALF = Message("lists.value_holds_half", "the column %(column)s holds an incomplete character")
WITHDRAWN_THERE = Message("lists.withdrawn_there", "its state is withdrawn: such an entry is not taken")
NO_SUCH_LIST = Message("lists.no_such_list", "There is no list named %(name)s. `orbweaver lists show` prints all.")
OWN_NOT_IMPORTED = Message(
    "lists.own_not_imported", "%(name)s holds the hotline’s own verdicts: nothing is imported into it."
)
UPLOAD_TOO_LARGE = Message(
    "lists.upload_too_large",
    "The file is larger than %(megabytes)s MB. Import it with `orbweaver lists import` on the machine itself.",
)
UPLOAD_LOST = Message("lists.upload_lost", "The file is no longer there. Upload it again.")
UPLOAD_NOT_AGREED = Message("lists.upload_not_agreed", "Its import was refused or withdrawn.")
OTHER_SUPPLIER = Message(
    "lists.other_supplier",
    "The list %(name)s is supplied by %(supplier)s. Choose another name for this one.",
)
OTHER_KIND = Message(
    "lists.other_kind",
    "The list %(name)s and this one are not of one kind: one holds known material, the other what is known to be "
    "harmless. Choose another name for this one.",
)
FILLED_BY_EXCHANGE = Message(
    "lists.filled_by_exchange", "An exchange fills the list %(name)s. Choose another name for this one."
)
NO_SUCH_BANK = Message("lists.no_such_bank", "bank '%(name)s' not found")
NO_SUCH_CONTENT = Message("lists.no_such_content", "content '%(number)s' not found")
BANK_EXISTS = Message("lists.bank_exists", "There is a bank %(name)s already.")
BANK_OF_OTHERS = Message(
    "lists.bank_of_others", "The list %(name)s belongs to others: what is on it is not shown or changed here."
)
WITHDRAWN_BY_HOTLINE = Message(
    "lists.withdrawn_by_hotline", "The hotline withdrew this from your bank. Ask it before you put it there again."
)
BANK_NAME = Message("lists.bank_name", "A bank's name consists of capitals, digits and _, and begins with no digit.")
BANK_RATIO = Message("lists.bank_ratio", "The ratio of a bank lies between 0 and 1.")
