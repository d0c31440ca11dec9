"""A process that seems to hang says where it stands when it is asked to, and goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

PROGRAM = """
import asyncio, sys, threading
from orbweaver.platform.runtime.stacks import write_stacks_on_signal

async def waits_for_an_answer(url):
    await asyncio.Event().wait()

async def visit(url):
    await waits_for_an_answer(url)

async def crawl():
    visits = [asyncio.create_task(visit("https://secret.example/"), name=f"visit-{n}") for n in range(2)]
    print("ready", flush=True)
    await asyncio.wait(visits, timeout=TIMEOUT)
    print("done", flush=True)

def stands_still():
    threading.Event().wait(60)

write_stacks_on_signal()
threading.Thread(target=stands_still, daemon=True).start()
asyncio.run(crawl())
"""


def test_a_crawler_asked_where_it_stands_names_each_thread_and_what_each_task_waits_in_without_values() -> None:
    program = PROGRAM.replace("TIMEOUT", "3")
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGUSR1)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (0, "done\n")
    assert "in stands_still" in err
    assert "visit-0" in err
    assert "visit-1" in err
    assert "in waits_for_an_answer" in err
    assert "in visit" in err
    assert "secret.example" not in err
