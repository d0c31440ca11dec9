"""What watching for terms costs a crawl: microseconds a page beside reading the page.

Usage: ``python benchmarks/watch_terms.py``; prints the table of docs/domain/text-flags.md. Pages are written as word
frequencies have it (a Zipf law over 60,000 words, as in a large forum), with some 20 pictures and 350 words each; one
in ten is in letters beyond ASCII. Terms are a first and a family name, made up; nine in ten of such names are no word
of the pages, one in ten is (like Rose or Baker). One page in a hundred holds a term.
"""

from __future__ import annotations

import random
import re
import statistics
from time import perf_counter

from orbweaver.assess.terms.pages import texts_near
from orbweaver.assess.terms.watching import HashedTerm, WatchMatcher, hash_term
from orbweaver.detect.extraction.extract import Page, extract
from orbweaver.platform.network.urls import parse

PAGES = 2_000
VOCABULARY = 60_000
WORDS = 350
HERE = parse("http://forum.example/")
PICTURES = 20
KEY = b"k" * 32
SYLLABLES = re.findall("..", "bacedifoguhajekilomunaperisotuvawexiyozu")


def word(chance: random.Random, syllables: int = 0) -> str:
    return "".join(chance.choice(SYLLABLES) for _ in range(syllables or chance.randint(2, 4)))


def name(chance: random.Random) -> str:
    return word(chance, 3) if chance.random() < 0.1 else word(chance, 3) + chance.choice(("n", "s", "r", "lt"))


def vocabulary(chance: random.Random) -> list[str]:
    return [word(chance) for _ in range(VOCABULARY)]


def make_pages(chance: random.Random, terms: list[str]) -> list[bytes]:
    known = vocabulary(chance)
    weights = [1 / rank for rank in range(1, VOCABULARY + 1)]
    pages = []
    for number in range(PAGES):
        text = chance.choices(known, weights, k=WORDS)
        if number % 10 == 0:
            text = [each.replace("a", "á").replace("o", "о") for each in text]
        if number % 100 == 0:
            text[chance.randrange(WORDS)] = chance.choice(terms)
        step = WORDS // PICTURES
        body = "".join(
            f"<p>{' '.join(text[at : at + step])}</p><img src='/{number}/{at}.jpg' alt='{text[at]} {text[at + 1]}'>"
            for at in range(0, WORDS - 1, step)
        )
        pages.append(f"<title>{text[0]} {text[1]}</title><h1>{text[2]}</h1>{body}".encode())
    return pages


def best_us(run: object, items: int, rounds: int = 5) -> float:
    """Median of the rounds, in microseconds an item; ``run`` takes nothing."""
    times = []
    for _ in range(rounds):
        start = perf_counter()
        run()  # type: ignore[operator]
        times.append((perf_counter() - start) / items * 1e6)
    return statistics.median(times)


def main() -> None:
    chance = random.Random(5)
    terms = [" ".join(name(chance) for _ in range(2)) for _ in range(100_000)]
    raw = make_pages(chance, terms[:100])
    pages: list[Page] = [extract(body, HERE) for body in raw]
    reading = best_us(lambda: [extract(body, HERE) for body in raw], PAGES)
    print("| watch terms | µs a page | pages/s | share of reading the page | hits | memory of the terms |")
    print("|---:|---:|---:|---:|---:|---:|")
    for count in (0, 100, 10_000, 100_000):
        hashed = {number: found for number, each in enumerate(terms[:count]) if (found := hash_term(each, KEY))}
        row(hashed, pages, reading)
    print(f"\nReading a page (links, media, texts): {reading:.0f} µs.")


def row(hashed: dict[int, HashedTerm], pages: list[Page], reading: float) -> None:
    watch = WatchMatcher(hashed, KEY)

    def run() -> int:
        return sum(bool(watch.find(texts_near(page.near, page.title, page.headings, page.media))) for page in pages)

    cost = best_us(run, len(pages))
    memory = len(hashed) * 300 / 2**20
    print(f"| {len(hashed):,} | {cost:.0f} | {1e6 / cost:,.0f} | {cost / reading:.1%} | {run()} | {memory:.1f} MB |")


if __name__ == "__main__":
    main()
