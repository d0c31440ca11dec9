"""The text of a page of mail. Pure; the parser is native code, so foreign pages are read in ``walled`` alone."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

_QUOTES = "blockquote, .gmail_quote, .yahoo_quoted, .moz-cite-prefix, #divRplyFwdMsg, #appendonsend"
_BLOCKS = "p, div, li, tr, h1, h2, h3, h4, pre, table"
_BREAK = "\x1f"


def page_text(html: str) -> str:
    """The text of a page of mail; what it marks as quoted begins with ``>``."""
    if not html.strip():
        return ""
    tree = LexborHTMLParser(html)
    tree.strip_tags(["script", "style", "head", "title"])
    for node in tree.css("br"):
        node.replace_with(_BREAK)
    for node in tree.css(_BLOCKS):
        node.insert_before(_BREAK)
        node.insert_after(_BREAK)
    while (quote := tree.css_first(_QUOTES)) is not None:
        quoted = _lines(quote.text())
        quote.replace_with(f"{_BREAK}{_BREAK.join(f'> {line}'.rstrip() for line in quoted)}{_BREAK}")
    return "\n".join(_lines(tree.body.text() if tree.body else "")).strip()


def _lines(text: str) -> list[str]:
    """Lines as a browser breaks them: white space is one blank, and no more than one line in a row is empty."""
    lines = [" ".join(line.split()) for line in text.split(_BREAK)]
    return [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
