"""Tables of rules: data that come with the program, and a hotline's own version over or instead of them. Pure.

A room declares its table once (``RuleTable``) and asks it what is in force. A hotline's own version is taken up by
``adopt``, which whoever reads the database calls (``people.rule_tables``). Every table, ours too, begins with a head::

    version = "2026-11"      names this text, and never another one
    as_of = 2026-11-28       the day of this version
    source = "…"             where the rows come from
    owner = "…"              who answers for it

``version()`` is what decisions and figures keep: "2026-11", or "2026-11+own-1" where rows are laid over ours.
"""

from orbweaver.platform.rule_tables.rows import Difference
from orbweaver.platform.rule_tables.tables import Laid, Own, RuleTable, adopt, adopted, agreed, forget
from orbweaver.platform.rule_tables.written import (
    MOST_BYTES,
    Body,
    TableUnusable,
    digest_of,
    hidden_sign,
    split,
    version_of_file,
    without_head,
)

__all__ = [
    "MOST_BYTES",
    "Body",
    "Difference",
    "Laid",
    "Own",
    "RuleTable",
    "TableUnusable",
    "adopt",
    "adopted",
    "agreed",
    "digest_of",
    "forget",
    "hidden_sign",
    "split",
    "version_of_file",
    "without_head",
]
