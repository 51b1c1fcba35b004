"""Pages captured by the real Chromium: what they look like, and that they reach nothing inside."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from ipaddress import ip_network
from pathlib import Path

import pytest
from PIL import Image
from tests.integration.intake.hostile import ALL, NAMES, form
from tests.integration.intake.web import PUBLIC, Asked, Reply, canary, dialler, web

from emopic_server.errors import ConfigError, Refusal
from emopic_server.intake.addresses import Policy
from emopic_server.intake.capture import HEIGHT, WIDTH, ChromiumPhotographer
from emopic_server.intake.dial import Dialler

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="apt-get install chromium"),
]

GREEN = b"<!doctype html><body style='background:#00c000'>"
# Every way a page has of asking for something; each is tried with addresses of the canary.
ATTACK = """<!doctype html>
<link rel=preconnect href="http://127.0.0.1:{port}/"><link rel=dns-prefetch href="//127.0.0.1/">
<link rel=prefetch href="http://localhost:{port}/"><link rel=stylesheet href="http://[::1]:{port}/">
<body style="background:#00c000 url(http://127.0.0.1:{port}/)">
<iframe src="http://127.0.0.1:{port}/"></iframe><iframe src="file:///etc/hostname"></iframe>
<object data="http://127.0.0.2:{port}/"></object><video src="http://0.0.0.0:{port}/"></video>
<form id=f method=post target=t action="http://127.0.0.1:{port}/"></form><iframe name=t></iframe>
{images}
<script src="http://127.0.0.1:{port}/"></script>
<script type=module src="http://[::1]:{port}/"></script>
<script>
const inside = {forms};
for (const form of inside) {{
  try {{ fetch(form, {{mode: "no-cors"}}).catch(() => 0); }} catch {{}}
  try {{ new Image().src = form; navigator.sendBeacon(form, "x"); }} catch {{}}
}}
for (const host of ["127.0.0.1", "[::1]", "localhost"]) {{
  try {{ new WebSocket(`ws://${{host}}:{port}/`); }} catch {{}}
  try {{ new EventSource(`http://${{host}}:{port}/`); }} catch {{}}
  try {{ new WebTransport(`https://${{host}}:{port}/`); }} catch {{}}
  try {{
    const stun = new RTCPeerConnection({{iceServers: [{{urls: [`stun:${{host}}:{port}`]}},
      {{urls: [`turn:${{host}}:{port}?transport=tcp`], username: "u", credential: "c"}}]}});
    stun.createDataChannel("x");
    stun.createOffer().then((offer) => stun.setLocalDescription(offer));
  }} catch {{}}
}}
try {{ new Worker("http://127.0.0.1:{port}/"); }} catch {{}}
try {{ open("http://127.0.0.1:{port}/"); }} catch {{}}
document.getElementById("f").submit();
</script>"""


def photographer() -> ChromiumPhotographer:
    return ChromiumPhotographer(dialler(NAMES), sandbox=os.geteuid() != 0, seconds=60)


def colour(picture: bytes) -> tuple[int, ...]:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    assert image.size == (WIDTH, HEIGHT)
    pixel = image.getpixel((WIDTH - 5, HEIGHT - 5))
    assert isinstance(pixel, tuple)
    return pixel


async def test_a_page_is_captured_with_nobodys_credentials() -> None:
    page = GREEN + b"<img src=/a.png><script>document.cookie='a=b'</script>"
    with web(lambda _: Reply(body=page)) as server:
        for _ in range(2):
            picture = await photographer().capture(f"http://{server.netloc}/")
            assert colour(picture) == (0, 0xC0, 0)
    pages = [asked for asked in server.asked if asked.path == "/"]
    assert len(pages) == 2
    assert all("cookie" not in asked.headers for asked in pages), "each starts from nothing"
    assert {asked.path for asked in server.asked} >= {"/", "/a.png"}


async def test_a_page_reaches_nothing_inside() -> None:
    with canary() as bird:
        inside = [form(template, bird.port, PUBLIC) for template in ALL]
        forms = "[" + ",".join(repr(text).replace("\\u200b", "") for text in inside) + "]"
        images = "".join(f"<img src='{text}'>" for text in inside if "'" not in text)
        html = ATTACK.format(port=bird.port, forms=forms, images=images).encode()
        with web(lambda asked: Reply(body=html if asked.path == "/" else b"")) as server:
            picture = await photographer().capture(f"http://{server.netloc}/")
        assert colour(picture) == (0, 0xC0, 0), "the page itself was shown"
        assert bird.visits == []


@pytest.mark.parametrize("way", ["redirect", "meta"])
async def test_a_page_that_goes_inside_gets_nowhere(way: str) -> None:
    with canary() as bird:
        target = f"http://127.0.0.1:{bird.port}/"

        def rule(_: Asked) -> Reply:
            if way == "redirect":
                return Reply(302, headers={"Location": target})
            return Reply(body=f"<meta http-equiv=refresh content='0;url={target}'>".encode())

        # Sent away while it takes the picture, Chromium sometimes takes none: no harm either.
        with web(rule) as server, contextlib.suppress(Refusal):
            await photographer().capture(f"http://{server.netloc}/")
        assert server.asked
        assert bird.visits == []


async def test_the_canary_would_sing() -> None:
    """With a policy that lets it through, the same page does reach the canary."""
    with canary() as bird:
        html = f"<img src='http://127.0.0.1:{bird.port}/'>".encode()
        everything = Dialler(Policy(also=(ip_network("127.0.0.0/8"),)))
        careless = ChromiumPhotographer(everything, sandbox=os.geteuid() != 0, seconds=60)
        with web(lambda _: Reply(body=html)) as server:
            await careless.capture(f"http://{server.netloc}/")
        assert bird.visits


async def test_an_inside_page_is_refused_before_a_browser_starts() -> None:
    with canary() as bird:
        with pytest.raises(Refusal, match="not a public address"):
            await photographer().capture(f"http://127.0.0.1:{bird.port}/")
        assert bird.visits == []


async def test_a_browser_that_hangs_is_ended(tmp_path: Path) -> None:
    script = tmp_path / "browser"
    script.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    script.chmod(0o755)
    slow = ChromiumPhotographer(dialler(), browser=script, sandbox=os.geteuid() != 0, seconds=0.5)
    with pytest.raises(Refusal, match=r"over 0\.5 s"):
        await slow.capture(f"http://{PUBLIC}/")
    pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.killpg(pid, 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is asked")
def test_root_has_to_agree_to_a_missing_sandbox() -> None:
    with pytest.raises(ConfigError, match=r"capture\.sandbox"):
        ChromiumPhotographer(dialler())
