"""What this room tells people: each message once, with its code."""

from __future__ import annotations

from orbweaver.errors import Message

UNKNOWN_CHANNEL = Message("providers.unknown_channel", "The channel is one of %(known)s.")
UNKNOWN_KIND = Message("providers.unknown_kind", "The kind is one of %(known)s.")
NAME_LENGTH = Message("providers.name_length", "Give a name of up to 200 characters.")
UNKNOWN_LINK = Message("providers.unknown_link", "A link goes to another provider and is one of %(known)s.")
NOTHING_TO_TAKE_AWAY = Message("providers.nothing_to_take_away", "There is nothing of this kind to take away.")
REGISTRIES_UNUSABLE = Message(
    "providers.registries_unusable",
    "The list of RDAP registries cannot be used. Get it again: orbweaver providers refresh-bootstrap",
)
LIST_NOT_FETCHED = Message(
    "providers.list_not_fetched",
    "IANA's list “%(file)s” could not be fetched. The lists in use stay as they are.",
)
NOT_A_RELATION = Message("providers.not_a_relation", "Not a relation: write provider|customer|-1 or peer|peer|0.")
NO_RELATION = Message(
    "providers.no_relation",
    "The file holds no relation of a network to its upstream. Nothing was changed.",
)
COUNTRY_CODE = Message("providers.country_code", "The country is a code of two letters, like CA.")
ASN_RANGE = Message("providers.asn_range", "The number of an autonomous system is 1 to 4294967295, like AS64500.")
NOT_A_DOMAIN = Message("providers.not_a_domain", "This is not a domain name.")
PUBLIC_SUFFIX = Message("providers.public_suffix", "This is a public suffix, which belongs to no provider.")
NOT_A_NETWORK = Message(
    "providers.not_a_network",
    "This is not a network. Write it like 192.0.2.0/24, without host bits.",
)
NOT_AN_ADDRESS_OF_CHANNEL = Message(
    "providers.not_an_address_of_channel",
    "This is not an address of this channel. Write it like https://example.org/notices.",
)
NOT_A_MAIL_ADDRESS = Message(
    "providers.not_a_mail_address",
    "This is not a mail address. Write it like abuse@example.org.",
)
NO_SUCH_PROVIDER = Message(
    "providers.no_such_provider",
    "There is no such provider. `orbweaver providers list` prints all.",
)
NAME_MISSING = Message("providers.name_missing", "Give the provider a name of up to 200 characters.")
DOMAIN_TAKEN = Message(
    "providers.domain_taken",
    "One of the domains belongs to another provider already. Nothing was changed.",
)
NETWORK_TAKEN = Message(
    "providers.network_taken",
    "One of the networks belongs to another provider already. Nothing was changed.",
)
NOTICE_LANGUAGE = Message("providers.notice_language", "Notices are written in these languages: %(languages)s.")
NOT_AN_INDUSTRY = Message("providers.not_an_industry", "Only an organisation of industry answers for a provider.")
TABLE_NOT_A_FILE = Message(
    "providers.table_not_a_file",
    "%(name)s is not a file of at most %(size)s MB that can be read.",
)
TABLE_COLUMNS = Message("providers.table_columns", "The first line must name columns, `name` among them: %(columns)s.")
TABLE_NOT_TOML = Message("providers.table_not_toml", "The file is not TOML: %(error)s.")
TABLE_EMPTY = Message("providers.table_empty", "The file must hold entries [[providers]].")
UNKNOWN_COLUMN = Message("providers.unknown_column", "There is no column %(column)s.")
WRONG_TYPE = Message("providers.wrong_type", "The value of %(column)s has the wrong type.")
UNKNOWN_NAME = Message(
    "providers.unknown_name", "A name under %(column)s is not a provider's; the rest of the row is imported."
)
NAME_TAKEN = Message(
    "providers.name_taken",
    "One of the names belongs to another provider already. Nothing was changed.",
)
SYSTEM_TAKEN = Message(
    "providers.system_taken",
    "One of the autonomous systems belongs to another provider already. Nothing was changed.",
)
NOT_A_NUMBER = Message("providers.not_a_number", "This is not a number. Write it like +1 204 555 0100.")
NOT_ON_ONE_LINE = Message("providers.not_on_one_line", "Write where to turn to, in one line of up to 320 characters.")
