"""Firefox behind a go-between that answers, itself, the commands of WebDriver BiDi that this Firefox does not know yet.

Playwright starts this in Firefox's place and asks it for what only newer ones have, such as another colour scheme for
a page; to be refused would end it. What is answered here changes nothing in the browser.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys

from aiohttp import ClientSession, WSMsgType, web

FIREFOX = os.environ.get("FIREFOX") or "/usr/bin/firefox-esr"
NOT_KNOWN = {"emulation.setMediaFeaturesOverride"}
LISTENS = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")


async def main() -> int:
    """Start Firefox, say where we listen in its place, and end with it."""
    process = await asyncio.create_subprocess_exec(FIREFOX, *sys.argv[1:], stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    async for line in process.stderr:
        if found := LISTENS.search(line):
            break
    else:
        return 1
    address = found[1].decode()

    async def between(request: web.Request) -> web.WebSocketResponse:
        ours = web.WebSocketResponse(max_msg_size=0)
        await ours.prepare(request)
        async with ClientSession() as session, session.ws_connect(address + request.path, max_msg_size=0) as theirs:

            async def back() -> None:
                async for message in theirs:
                    await ours.send_str(message.data)

            returning = asyncio.create_task(back())
            async for message in ours:
                said = json.loads(message.data) if message.type is WSMsgType.TEXT else {}
                if said.get("method") in NOT_KNOWN:
                    await ours.send_json({"type": "success", "id": said["id"], "result": {}})
                else:
                    await theirs.send_str(message.data)
            returning.cancel()
        return ours

    application = web.Application()
    application.router.add_get("/{path:.*}", between)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    sys.stderr.write(f"WebDriver BiDi listening on ws://127.0.0.1:{port}\n")
    sys.stderr.flush()
    async for line in process.stderr:
        sys.stderr.buffer.write(line)
    return await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
