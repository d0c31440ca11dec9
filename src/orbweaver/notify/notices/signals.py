"""What notices tell the folders below them, inside the same transaction; a receiver that fails rolls it all back.

``urls_notified``: new ``NoticeUrl`` rows (``urls``, ``now``), from now on to be followed.
``urls_withdrawn``: nothing more is asked about these ``urls`` (``now``): their verdict fell on review.
``recheck_wanted``: somebody says that something changed at these ``urls`` (``now``); check soon.
"""

from __future__ import annotations

from django.dispatch import Signal

urls_notified = Signal()
recheck_wanted = Signal()
urls_withdrawn = Signal()
