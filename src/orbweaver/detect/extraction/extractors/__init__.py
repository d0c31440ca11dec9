"""Sources of media and links other than HTML elements, one file each: what a text refers to, as it is written there.

A source is a class with the ``Extractor`` protocol and a line in ``registry.EXTRACTORS``; the tests of all of them
(tests/unit/detect/extraction/test_extractors.py) then hold for it too. What it yields is resolved, bounded and made
distinct by whoever reads the document.
"""
