"""Pictures are hashed in the person's own browser: nothing is sent while it works, and the fingerprints are ours."""

from __future__ import annotations

import hashlib
import itertools
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import shoot
from .hashing_pictures import KINDS, bits_apart, frames_apart, frames_in, nearest_of_ours, picture, pictures, video

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request, Route
    from tests.e2e.conftest import OpenPage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

MOST_BITS = 10


def choose(page: Page, files: list[Path]) -> list[str]:
    """The lines that come of choosing these files."""
    page.locator("#ask [name=hashes]").fill("")
    page.locator("#pictures").set_input_files(files)
    page.locator("#hashing-words", has_text="Done").wait_for(timeout=120_000)
    return page.locator("#ask [name=hashes]").input_value().split("\n")


def requests_of(page: Page) -> list[Request]:
    """Every request that the page makes from now on."""
    found: list[Request] = []

    def note(request: Request) -> None:
        found.append(request)

    page.on("request", note)
    return found


def ready(page: Page) -> None:
    page.locator("#hash-pictures").wait_for(state="visible")


def memory_below() -> int:
    """MB of the processes below this one, the browser among them; what they share is counted once (PSS)."""
    below, sizes = {os.getpid()}, 0
    parents = {int(each.parent.name): each for each in Path("/proc").glob("[0-9]*/stat")}
    for number in sorted(parents):
        with suppress(OSError, IndexError):  # it has ended
            if int(parents[number].read_text().rpartition(")")[2].split()[1]) in below:
                below.add(number)
                rollup = Path(f"/proc/{number}/smaps_rollup").read_text()
                sizes += int(rollup.partition("\nPss:")[2].split()[0])
    return sizes // 1024


def test_fingerprints_are_made_without_a_network_and_are_those_that_we_make(
    open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page("/info/ask/", width=390)
    ready(page)
    asked = requests_of(page)
    page.context.set_offline(True)
    apart = {}
    for name, body in pictures(range(3, 4)):
        path = tmp_path / name
        path.write_bytes(body)
        lines = choose(page, [path])
        assert f"sha256:{hashlib.sha256(body).hexdigest()}" in lines
        assert f"md5:{hashlib.md5(body).hexdigest()}" in lines
        [looks] = [line.removeprefix("pdq:") for line in lines if line.startswith("pdq:")]
        apart[name] = bits_apart(looks, body)
    shoot(page, "survivors-hashed")
    assert max(apart.values()) <= MOST_BITS, apart
    assert asked == []
    assert page.evaluate("fetch('/info/').then(() => 'sent', () => 'refused')") == "refused"
    assert not page.context.cookies()


def test_what_is_sent_are_the_fingerprints_and_not_a_byte_of_the_picture(open_page: OpenPage, tmp_path: Path) -> None:
    from orbweaver.detect.intake.models import AskedHash

    [(name, body), *_] = pictures(range(1, 2))
    (tmp_path / name).write_bytes(body)
    page = open_page("/info/ask/")
    ready(page)
    choose(page, [tmp_path / name])
    page.locator("[name=capacity][value=adult]").check()
    page.locator("[name=aim][value=picture]").check()
    page.locator("[name=danger][value=no]").check()
    sent = requests_of(page)
    page.get_by_role("button", name="Send").click()
    page.locator("#secret").wait_for()
    [form] = [each for each in sent if each.method == "POST"]
    assert form.headers["content-type"].partition(";")[0] == "application/x-www-form-urlencoded"
    assert len(form.post_data_buffer or b"") < 1000
    assert name.encode() not in (form.post_data_buffer or b"")
    assert {each.kind for each in AskedHash.objects.all()} == {"md5", "pdq", "sha256"}


@pytest.mark.sweep
def test_what_is_sent_while_a_video_is_hashed_goes_when_all_its_fingerprints_are_made(
    open_page: OpenPage, tmp_path: Path
) -> None:
    from orbweaver.detect.intake.models import AskedHash

    (tmp_path / "home.webm").write_bytes(video((5, 6, 7)))
    page = open_page("/info/ask/", width=390)
    ready(page)
    page.locator("[name=capacity][value=adult]").check()
    page.locator("[name=aim][value=picture]").check()
    page.locator("[name=danger][value=no]").check()
    page.locator("#pictures").set_input_files(tmp_path / "home.webm")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("We send it as soon as the fingerprints are made.").wait_for()
    page.locator("#secret").wait_for()
    assert AskedHash.objects.filter(kind="pdq").count() == 3


@pytest.mark.sweep
def test_files_that_are_chosen_while_others_are_hashed_are_hashed_too(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "home.webm").write_bytes(video((5, 6, 7)))
    [(name, body), *_] = pictures(range(1, 2))
    (tmp_path / name).write_bytes(body)
    page = open_page("/info/ask/")
    ready(page)
    page.locator("#pictures").set_input_files(tmp_path / "home.webm")
    page.locator("#pictures").set_input_files(tmp_path / name)
    page.get_by_text("Making fingerprints: file 1 of 1").wait_for()
    has = "text => document.querySelector('#ask [name=hashes]').value.includes(text)"
    page.wait_for_function(has, arg="\npdq:")
    kinds = [line.partition(":")[0] for line in page.locator("#ask [name=hashes]").input_value().split("\n")]
    assert kinds == ["sha256", "md5", "frame", "frame", "frame", "sha256", "md5", "pdq"]


@pytest.mark.sweep
def test_what_came_of_it_is_said_apart_from_how_far_it_was(open_page: OpenPage, tmp_path: Path) -> None:
    """A screen reader leaves out what is said within a tenth of a second of something else (heard in Orca)."""
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(2000))
    page = open_page("/info/ask/")
    ready(page)
    page.evaluate(
        """() => { window.said = [];
        new MutationObserver(() => said.push([performance.now(), document.querySelector("#hashing-words").innerText]))
          .observe(document.querySelector("#hashing-words"), { childList: true }); }"""
    )
    choose(page, [tmp_path / "photo.heic"])
    (first, making), (last, done) = page.evaluate("said")
    assert making == "Making fingerprints: file 1 of 1"
    assert "cannot read: 1 of 1" in done
    assert last - first > 200


def test_what_hashes_may_connect_to_nobody_not_to_us_either(open_page: OpenPage) -> None:
    """Its own script runs with one line more, which tries to; what its policy says is as we send it."""
    page = open_page("/info/")
    page.route("**/hashing/worker.js*", tries_to_connect)
    page.goto("/info/ask/")
    ready(page)
    for address in ("/info/", "https://elsewhere.example/"):
        tried = page.evaluate(
            """address => new Promise(answer => {
            const worker = new Worker(document.querySelector("#hash-pictures").dataset.worker);
            worker.onmessage = ({ data }) => answer(data);
            worker.postMessage({ address });
            })""",
            address,
        )
        assert tried == "refused", address
    assert page.evaluate("fetch('/info/').then(() => 'sent', () => 'refused')") == "sent"


def tries_to_connect(route: Route) -> None:
    answer = route.fetch()
    line = """
addEventListener("message", ({ data: { address } }) => {
  if (address) fetch(new URL(address, location)).then(() => postMessage("sent"), () => postMessage("refused"));
});"""
    route.fulfill(response=answer, body=answer.text() + line)


@pytest.mark.sweep
def test_pictures_out_of_a_video_have_their_times_and_are_those_that_we_make(
    open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page("/info/ask/")
    ready(page)
    asked = requests_of(page)
    page.context.set_offline(True)
    for name, body in (
        ("video.webm", video((5, 6))),
        ("upright.mp4", video((5, 6), "mp4", "libvpx-vp9", turned=90)),
        ("recorded.webm", video((5, 6), streamed=True)),
    ):
        (tmp_path / name).write_bytes(body)
        lines = choose(page, [tmp_path / name])
        assert f"sha256:{hashlib.sha256(body).hexdigest()}" in lines
        frames = frames_in(lines)
        assert len(frames) == 2, name
        assert max(nearest_of_ours(body, frames)) <= MOST_BITS, name
        if name != "recorded.webm":  # it has no index, and Firefox goes to the next picture that stands for itself
            assert [round(each.time_s or 0) for each in frames] == [0, 2], name
            assert max(frames_apart(frames, body)) <= MOST_BITS, name
    assert {each.url.partition(":")[0] for each in asked} <= {"blob"}


def test_what_a_browser_cannot_see_is_said_plainly_and_has_exact_fingerprints(
    open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page("/info/ask/")
    ready(page)
    (tmp_path / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(200))
    (tmp_path / "video.avi").write_bytes(video((5,), "avi", "mpeg4"))
    for name in ("photo.heic", "video.avi"):
        lines = choose(page, [tmp_path / name])
        assert [line.split(":")[0] for line in lines] == ["sha256", "md5"]
        assert (
            "Files that your browser cannot read: 1 of 1. These can be HEIC pictures"
            in page.locator("#hashing-words").inner_text()
        )


@pytest.mark.sweep
def test_as_one_file_from_disk_it_is_the_same_bytes_and_connects_to_nobody(
    chromium: Browser, live_server: Any, tmp_path: Path
) -> None:
    from orbweaver.doors.web.public.hashing.one_file import one_file

    context = chromium.new_context(base_url=live_server.url, accept_downloads=True)
    page = context.new_page()
    page.goto("/info/ask/")
    with page.expect_download() as saving:
        page.get_by_role("link", name="Save the file").click()
    saving.value.save_as(tmp_path / "information.html")
    assert (tmp_path / "information.html").read_bytes() == one_file("en")
    context.set_offline(True)
    own = context.new_page()
    asked = requests_of(own)
    own.goto((tmp_path / "information.html").as_uri())
    ready(own)
    [(name, body), *_] = pictures(range(2, 3))
    (tmp_path / name).write_bytes(body)
    lines = choose(own, [tmp_path / name])
    assert f"sha256:{hashlib.sha256(body).hexdigest()}" in lines
    [looks] = [line.removeprefix("pdq:") for line in lines if line.startswith("pdq:")]
    assert bits_apart(looks, body) <= MOST_BITS
    assert {each.url.partition(":")[0] for each in asked} <= {"file", "blob"}
    tried = "fetch('https://elsewhere.example/').then(() => 'sent', () => 'refused')"
    assert own.evaluate(tried) == "refused"
    context.close()


def test_without_script_the_page_offers_no_file_field(open_page: OpenPage) -> None:
    page = open_page("/info/ask/", script=False)
    assert not page.locator("#pictures").is_visible()
    assert page.get_by_label("Fingerprints of your pictures").is_visible()


@pytest.mark.soak
@pytest.mark.timeout(3000)
def test_520_pictures_of_every_kind_are_hashed_as_we_hash_them(
    open_page: OpenPage, tmp_path: Path, soak_figures: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Ten at a time: a browser that is asked for one after the other waits more than it works."""
    page = open_page("/info/ask/")
    ready(page)
    apart: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for kind, start in itertools.product(KINDS, range(0, 40, 10)):
        drawn = dict(picture(kind, seed) for seed in range(start, start + 10))
        paths = [tmp_path / name for name in drawn]
        for path in paths:
            path.write_bytes(drawn[path.name])
        lines = choose(page, paths)
        for path in paths:
            at = lines.index(f"sha256:{hashlib.sha256(drawn[path.name]).hexdigest()}")
            assert lines[at + 2].startswith("pdq:"), (path.name, lines[at : at + 3])
            apart[kind].append(bits_apart(lines[at + 2].removeprefix("pdq:"), drawn[path.name]))
            path.unlink()
        with capsys.disabled():
            print(f" {sum(map(len, apart.values()))} of {40 * len(KINDS)} pictures", flush=True)
    figures = {kind: {"most": max(each), "mean": sum(each) / len(each)} for kind, each in apart.items()}
    every = [bits for each in apart.values() for bits in each]
    soak_figures(
        pictures=len(every), by_bits={bits: every.count(bits) for bits in sorted(set(every))}, left_out=0, bits=figures
    )
    assert len(every) == 520
    assert max(each["most"] for each in figures.values()) <= MOST_BITS, figures


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_video_of_four_gigabytes_is_hashed_piece_by_piece_in_little_memory(
    open_page: OpenPage, tmp_path: Path, soak_figures: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Longer than a number of 32 bits counts. It holds nothing that a browser shows, so that its looks are left out."""
    path = tmp_path / "long.mp4"
    with path.open("wb") as file:
        file.truncate(2**32 + 123)
    page = open_page("/info/ask/")
    ready(page)
    before, begun, most = memory_below(), time.monotonic(), 0
    page.locator("#pictures").set_input_files(path)
    done = page.locator("#hashing-words", has_text="Done")
    while not done.count():
        most = max(most, memory_below())
        with capsys.disabled():
            print(f" {page.locator('#hashing-bar').evaluate('bar => bar.value'):.0%}", flush=True)
        page.wait_for_timeout(2000)
    took = time.monotonic() - begun
    lines = page.locator("#ask [name=hashes]").input_value().split("\n")
    exact = [hashlib.sha256(), hashlib.md5()]
    with path.open("rb") as file:
        while piece := file.read(2**20):
            for each in exact:
                each.update(piece)
    assert lines == [f"sha256:{exact[0].hexdigest()}", f"md5:{exact[1].hexdigest()}"]
    soak_figures(gigabytes=4, seconds=round(took, 1), megabytes_before=before, megabytes_at_most=most)
    assert most - before < 600, (before, most)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_pictures_out_of_filmed_videos_are_those_that_we_make(
    open_page: OpenPage, soak_figures: Callable[..., None]
) -> None:
    """What was filmed by hand, with a bar or a logo in one of them."""
    top = Path(__file__).resolve().parents[2]
    clips = sorted(Path(os.environ.get("SAMPLE_DATA", top.parent / "shared" / "data")).glob("vpdq/*.mp4"))
    if not clips:
        pytest.skip("There are no filmed videos here (SAMPLE_DATA names their folder): they were NOT compared.")
    page = open_page("/info/ask/")
    ready(page)
    figures, worst, missed = {}, 0, 0
    for clip in clips:
        body = clip.read_bytes()
        frames = frames_in(choose(page, [clip]))
        apart, ours = frames_apart(frames, body), nearest_of_ours(body, frames)
        figures[clip.name] = {
            "pictures": len(frames),
            "by bits": {bits: apart.count(bits) for bits in sorted(set(apart))},
            "we keep": len(ours),
            "of these within a match": sum(bits <= 31 for bits in ours),
        }
        worst, missed = max(worst, *apart), missed + sum(bits > 31 for bits in ours)
    soak_figures(**figures)
    assert (worst <= MOST_BITS, missed) == (True, 0), figures
