"""The peer of ``orbweaver bench crawl``: Scrapy with Pillow and ``pdqhash``, in a process of its own.

``python -m orbweaver_trials.bench.crawl_scrapy PORT PICTURES THREADS``. Set up as for speed: robots.txt, cookies,
retries, redirects and the log off, no delay, as many requests at once as ours, the three digests and PDQ of each
picture made in threads (``THREADS`` > 0) or where it arrives (0). It keeps its queue in memory, matches nothing and
records nothing. A picture counts once all of its fingerprints are made. Prints one JSON object.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import psutil

from orbweaver_trials.bench.result import peer

CONCURRENCY: Final = 64
SETTINGS: Final[dict[str, Any]] = {
    "AUTOTHROTTLE_ENABLED": False,
    "CONCURRENT_REQUESTS": CONCURRENCY,
    "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENCY,
    "COOKIES_ENABLED": False,
    "DNSCACHE_ENABLED": True,
    "DOWNLOAD_DELAY": 0,
    "LOG_ENABLED": False,
    "RANDOMIZE_DOWNLOAD_DELAY": False,
    "REDIRECT_ENABLED": False,
    "RETRY_ENABLED": False,
    "ROBOTSTXT_OBEY": False,
    "TELNETCONSOLE_ENABLED": False,
}


def fingerprint(body: bytes) -> tuple[bytes, bytes, bytes, bytes, int]:
    """SHA-256, SHA-1, MD5, PDQ and its quality, with the packages that are commonly used for it."""
    import numpy as np
    import pdqhash
    from PIL import Image

    with Image.open(io.BytesIO(body)) as image:
        bits, quality = pdqhash.compute(np.asarray(image.convert("RGB")))
    return (
        hashlib.sha256(body).digest(),
        hashlib.sha1(body, usedforsecurity=False).digest(),
        hashlib.md5(body, usedforsecurity=False).digest(),
        np.packbits(bits).tobytes(),
        int(quality),
    )


class Count:
    """Counts pictures; measures from the first twentieth of them on, as ours is."""

    def __init__(self, pictures: int) -> None:
        self.pictures = pictures
        self.done = 0
        self.first = (0, 0.0, 0.0)

    def add(self) -> None:
        """One more is done."""
        self.done += 1
        if not self.first[0] and self.done >= self.pictures / 20:
            self.first = self._now()

    def _now(self) -> tuple[int, float, float]:
        times = psutil.Process().cpu_times()
        return self.done, time.perf_counter(), times.user + times.system

    def found(self) -> dict[str, float]:
        """The figures."""
        images, at, cpu = (last - first for last, first in zip(self._now(), self.first, strict=True))
        return {
            "images_per_s": images / at,
            "cpu_ms_per_image": cpu / images * 1000,
            "images": self.done,
            "peak_memory_mb": psutil.Process().memory_full_info().pss / 2**20,
        }


def crawl(port: int, pictures: int, threads: int) -> dict[str, float]:
    """Crawl until so many pictures are done."""
    scrapy = peer("scrapy")
    crawler = peer("scrapy.crawler")
    count = Count(pictures)
    pool = ThreadPoolExecutor(threads or 1)

    class Spider(scrapy.Spider):  # type: ignore[misc, name-defined]
        name = "bench"

        async def start(self) -> Any:
            yield scrapy.Request(f"http://127.0.0.1:{port}/page/0")

        def parse(self, response: Any) -> Iterator[Any]:
            for source in response.css("img::attr(src)").getall():
                yield response.follow(source, self.picture, priority=1)
            for link in response.css("a::attr(href)").getall():
                yield response.follow(link)

        def picture(self, response: Any) -> Iterator[dict[str, Any]]:
            yield {"url": response.url, "body": response.body}

    class Pipeline:
        async def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
            body = item.pop("body")
            loop = asyncio.get_running_loop()
            item["prints"] = await loop.run_in_executor(pool, fingerprint, body) if threads else fingerprint(body)
            count.add()
            return item

    settings = SETTINGS | {
        "CLOSESPIDER_ITEMCOUNT": pictures,
        "CONCURRENT_ITEMS": CONCURRENCY,
        "ITEM_PIPELINES": {Pipeline: 1},
    }
    process = crawler.CrawlerProcess(settings)
    process.crawl(Spider)
    process.start()
    return count.found()


if __name__ == "__main__":
    print(json.dumps(crawl(*map(int, sys.argv[1:]))), flush=True)
