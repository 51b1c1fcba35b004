"""The JavaScript modules, driven in a page of the server: no build, no other runtime."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page
from tests.browser.serving import ServerProcess

Open = Callable[..., Page]
VECTORS = Path(__file__).parents[1] / "vectors"

# Bytes cross between Python and the page as hexadecimal text.
HELPERS = """() => {
  globalThis.fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16));
  globalThis.toHex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  globalThis.plain = (value) => {
    if (value instanceof Uint8Array) return {hex: toHex(value)};
    if (Array.isArray(value)) return value.map(plain);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]));
  };
  globalThis.until = (check) => new Promise((resolve) => {
    const look = () => (check() ? resolve() : setTimeout(look, 5));
    look();
  });
  globalThis.cut = () => sockets.forEach((socket) => socket.close());
  globalThis.sockets = [];
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) { super(...args); sockets.push(this); }
  };
}"""


@pytest.fixture
def page(server: ServerProcess, open_page: Open) -> Page:
    page = open_page(f"{server.url}/overlay")
    page.evaluate(HELPERS)
    return page


@pytest.fixture(scope="module")
def reader(chromium: object, server: ServerProcess) -> object:
    """One page for many examples: decode hexadecimal MessagePack, encode it again."""
    page = chromium.new_page()  # type: ignore[attr-defined]
    page.goto(f"{server.url}/overlay")
    page.evaluate(HELPERS)
    page.evaluate("async () => { globalThis.msgpack = await import('/msgpack.js'); }")
    return page


READ = """(hex) => {
  try {
    const value = msgpack.decode(fromHex(hex));
    return {value: plain(value), again: toHex(msgpack.encode(value))};
  } catch (error) {
    if (!(error instanceof msgpack.MsgpackError)) throw error;
    return {code: error.code};
  }
}"""


def as_plain(value: object) -> object:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, list):
        return [as_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: as_plain(one) for key, one in value.items()}
    return value


# ── msgpack.js ───────────────────────────────────────────────────────────────────────────────────

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e15, 1e15)
    | st.text(st.characters(codec="utf-8"), max_size=40)
    | st.binary(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=20)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=20)
    ),
    max_leaves=30,
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(VALUES)
def test_what_another_library_writes_is_read_and_written_back(reader: Page, value: object) -> None:
    answer = reader.evaluate(READ, msgpack.packb(value, use_bin_type=True).hex())
    assert answer["value"] == as_plain(value)
    assert msgpack.unpackb(bytes.fromhex(answer["again"]), strict_map_key=False) == value


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=64))
def test_any_bytes_are_a_value_or_a_typed_error(reader: Page, data: bytes) -> None:
    answer = reader.evaluate(READ, data.hex())
    assert "value" in answer or isinstance(answer["code"], str)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "truncated"),
        ("a5 61", "truncated"),
        ("dd ff ff ff ff", "truncated"),  # four billion items announced, none there
        ("df ff ff ff ff", "truncated"),
        ("c6 ff ff ff ff", "truncated"),
        ("c0 c0", "trailing"),
        ("91" * 40 + "c0", "too_deep"),
        ("a1 ff", "bad_utf8"),
        ("81 01 02", "bad_key"),
        ("cf ff ff ff ff ff ff ff ff", "unsafe_integer"),
        ("d4 01 00", "unsupported"),  # an extension
        ("c1", "unsupported"),
        ("dd 00 03 0d 40" + "c0" * 200_000, "too_many"),
    ],
)
def test_a_bad_message_has_a_typed_error(reader: Page, data: str, code: str) -> None:
    assert reader.evaluate(READ, data.replace(" ", "")) == {"code": code}


def test_a_key_called_proto_is_only_a_key(reader: Page) -> None:
    data = msgpack.packb({"__proto__": {"admin": True}})
    seen = reader.evaluate(
        """(hex) => {
          const read = msgpack.decode(fromHex(hex));
          return [read.admin ?? null, ({}).admin ?? null];
        }""",
        data.hex(),
    )
    assert seen == [None, None]


@pytest.mark.parametrize("code", ["too_deep", "unsupported", "too_large"])
def test_what_cannot_be_written_has_a_typed_error(reader: Page, code: str) -> None:
    values = {
        "too_deep": "(() => { const a = []; a.push(a); return a; })()",
        "unsupported": "() => 1",
        "too_large": "new Uint8Array(33 * 1024 * 1024)",
    }
    assert code == reader.evaluate(
        f"""() => {{ const value = {values[code]};
          try {{ msgpack.encode(value); return null; }} catch (error) {{ return error.code; }} }}"""
    )


FILE = json.loads((VECTORS / "messages.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("entry", FILE["messages"], ids=lambda entry: entry["name"])
def test_the_golden_messages_are_read_and_written_alike(reader: Page, entry: Any) -> None:
    answer = reader.evaluate(READ, entry["msgpack"])
    assert as_json(answer["value"]) == json.loads(entry["json"])
    again = msgpack.unpackb(bytes.fromhex(answer["again"]))
    assert again == msgpack.unpackb(bytes.fromhex(entry["msgpack"]))


def as_json(value: Any) -> Any:
    """A page's plain value as JSON on the wire would have it: bytes in base64."""
    if isinstance(value, list):
        return [as_json(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"hex"}:
        return base64.b64encode(bytes.fromhex(value["hex"])).decode()
    return {key: as_json(one) for key, one in value.items()}


# ── the send queue ───────────────────────────────────────────────────────────────────────────────


def queue(page: Page, script: str) -> object:
    return page.evaluate(
        "async () => { const {SendQueue} = await import('/send-queue.js');"
        "const line = (id, text, partial) => ({type: 'line', character: 'a', id, text, partial});"
        f"{script} }}"
    )


def test_a_newer_partial_takes_the_older_ones_place_and_the_final_both(page: Page) -> None:
    assert queue(
        page,
        """const queue = new SendQueue();
        queue.push(line("1", "a", true)); queue.push(line("1", "ab", true));
        queue.push(line("2", "x", false)); queue.push(line("1", "abc", false));
        return queue.waiting.map((m) => [m.text, m.partial]);""",
    ) == [["abc", False], ["x", False]]


def test_final_lines_are_never_replaced(page: Page) -> None:
    assert queue(
        page,
        """const queue = new SendQueue();
        queue.push(line("1", "a", false)); queue.push(line("1", "b", false));
        return queue.waiting.map((m) => m.text);""",
    ) == ["a", "b"]


def test_a_full_queue_refuses(page: Page) -> None:
    assert queue(
        page,
        """const queue = new SendQueue({messages: 2});
        queue.push(line("1", "a", false)); queue.push(line("2", "b", false));
        try { queue.push(line("3", "c", false)); return null; }
        catch (error) { return [error.name, error.code, error.ref, queue.length]; }""",
    ) == ["EmopicError", "queue_full", "3", 2]


def test_messages_leave_at_the_servers_rate(page: Page) -> None:
    """At most `burst` at once, then one every 60 s / rate; never more in any window."""
    sent = queue(
        page,
        """const queue = new SendQueue({reserve: 0});
        queue.pace(120, 5, 0);
        for (let i = 0; i < 20; i++) queue.push(line(String(i), "a", false));
        const at = [];
        for (let now = 0; queue.length; now += queue.delay(now) || 1) {
          while (queue.take(now)) at.push(now);
        }
        return at;""",
    )
    assert isinstance(sent, list)
    assert sent[:6] == [0, 0, 0, 0, 0, 500]
    assert sent == sorted(sent)
    assert all(b - a >= 499 for a, b in itertools.pairwise(sent[4:]))


def test_partial_lines_leave_room_for_final_ones(page: Page) -> None:
    assert queue(
        page,
        """const queue = new SendQueue({reserve: 3});
        queue.pace(60, 4, 0);
        queue.push(line("1", "a", true));
        const first = queue.take(0)?.text ?? null;
        queue.push(line("1", "ab", true));
        const second = queue.take(0)?.text ?? null;
        const wait = queue.delay(0);
        queue.push(line("2", "b", false));
        return [first, second, wait, queue.take(0).text];""",
    ) == ["a", None, 1000, "b"]


# ── the client ───────────────────────────────────────────────────────────────────────────────────

SETUP = """
  const {EmopicClient, FaceCanvas, EmopicError} = await import("/emopic.js");
  const client = new EmopicClient({client: "test"});
  const heard = [];
  for (const type of ["emotion", "character", "frame", "blendshapes", "error", "status"]) {
    client.addEventListener(type, ({detail}) => heard.push({...detail, event: type,
      code: detail.code, message: detail.message}));
  }
  const of = (type) => heard.filter(({event}) => event === type);
"""


def client(page: Page, script: str) -> object:
    return page.evaluate(
        f"async () => {{ {SETUP} try {{ {script} }} finally {{ client.close(); }} }}"
    )


def test_a_line_is_answered_with_its_emotion(page: Page) -> None:
    assert client(
        page,
        """const hello = await client.connect();
        const ready = await client.putCharacter("hero", {builtin: hello.builtins[0].id});
        const emotion = await client.line("hero", "정말 행복해");
        return [ready.source, ready.width > 0, emotion.top, emotion.final, client.seq];""",
    ) == ["builtin", True, "joy", True, 2]


def test_frames_and_blendshapes_come_with_their_names(page: Page) -> None:
    answer = client(
        page,
        """const hello = await client.connect();
        await client.putCharacter("hero", {builtin: hello.builtins[0].id});
        client.watch("hero", {frames: {size: 48, format: "png"}, blendshapes: "vrm1"});
        await client.line("hero", "정말 행복해");
        await until(() => of("frame").length > 2 && of("blendshapes").length > 2);
        const [frame, shapes] = [of("frame")[0], of("blendshapes").at(-1)];
        return {rect: frame.rect ?? null, size: [frame.width, frame.height],
                ordered: of("frame").every((f, i, all) => !i || f.n > all[i - 1].n),
                names: shapes.names.length === shapes.values.length && shapes.names.length > 0};""",
    )
    assert answer == {"rect": None, "size": [48, 48], "ordered": True, "names": True}


def test_a_cut_connection_is_resumed_without_losing_an_event(page: Page) -> None:
    answer = client(
        page,
        """const hello = await client.connect();
        await client.putCharacter("hero", {builtin: hello.builtins[0].id});
        const lines = [];
        for (let i = 0; i < 12; i++) {
          lines.push(client.line("hero", `줄 ${i} 좋아`, {id: `n${i}`}));
          if (i % 4 === 3) {
            await Promise.all(lines);
            cut();
            await until(() => client.status !== "ready");
          }
        }
        await client.connect();
        const tops = (await Promise.all(lines)).map(({line}) => line);
        const readies = of("status").filter(({status}) => status === "ready");
        return {tops, seen: of("emotion").map(({line}) => line), errors: of("error").length,
                resumed: readies.map(({resumed}) => resumed)};""",
    )
    assert isinstance(answer, dict)
    expected = [f"n{i}" for i in range(12)]
    assert answer["tops"] == expected
    assert answer["seen"] == expected
    assert answer["errors"] == 0
    assert answer["resumed"] == [False, True, True, True]


def test_a_line_lost_with_its_connection_is_sent_again_and_answered_once(page: Page) -> None:
    answer = client(
        page,
        """const hello = await client.connect();
        await client.putCharacter("hero", {builtin: hello.builtins[0].id});
        const swallow = sockets.at(-1);
        swallow.send = () => {};  // the line goes into a connection that is already dead
        const line = client.line("hero", "정말 행복해", {id: "lost"});
        cut();
        const {top} = await line;
        await client.ping();
        return [top, of("emotion").map(({line}) => line), of("error").length];""",
    )
    assert answer == ["joy", ["lost"], 0]


def test_a_line_whose_answer_was_on_its_way_is_told_once(page: Page) -> None:
    answer = client(
        page,
        """const hello = await client.connect();
        await client.putCharacter("hero", {builtin: hello.builtins[0].id});
        sockets.at(-1).onmessage = null;  // answers no longer come in
        const line = client.line("hero", "정말 행복해", {id: "late"});
        cut();
        await line;
        await client.ping();
        await client.line("hero", "너무 슬퍼", {id: "next"});
        return [of("emotion").map(({line}) => line), of("error").length];""",
    )
    assert answer == [["late", "next"], 0]


@pytest.mark.parametrize(
    ("code", "bye", "reason"),
    [
        (1006, None, None),
        (1001, None, None),
        (1012, {"reconnect": True}, None),
        (1008, None, "policy_violation"),
        (1009, None, "message_too_large"),
        (4001, {"reconnect": False}, None),
        (4002, {"reconnect": False}, "auth_failed"),
        (4005, {"reconnect": True}, None),
        (4007, None, "session_taken"),
        (4999, None, "stopped"),
    ],
)
def test_a_close_code_says_whether_to_come_back(
    page: Page, code: int, bye: object, reason: str | None
) -> None:
    script = "async ([code, bye]) => (await import('/wire.js')).stopReason(code, bye)"
    assert page.evaluate(script, [code, bye]) == reason


def test_a_server_that_started_over_gets_the_characters_again(
    lonely_server: ServerProcess, open_page: Open
) -> None:
    page = open_page(f"{lonely_server.url}/overlay", allow=("WebSocket connection to",))
    page.evaluate(HELPERS)
    page.evaluate(f"""async () => {{ {SETUP}
        globalThis.client = client; globalThis.of = of;
        const hello = await client.connect();
        await client.putCharacter("hero", {{builtin: hello.builtins[0].id}});
        client.watch("hero", {{frames: {{size: 32}}}});
        await until(() => of("frame").length > 0);
        globalThis.session = client.session;
    }}""")
    lonely_server.kill()
    lonely_server.start()
    answer = page.evaluate("""async () => {
        await client.connect();
        await until(() => client.session !== session);
        const seen = of("frame").length;
        const emotion = await client.line("hero", "정말 행복해");
        await until(() => of("frame").length > seen + 1);
        return [emotion.top, of("character").length, of("error").length];
    }""")
    assert answer == ["joy", 2, 0]


def test_a_refusal_reaches_the_caller_and_the_listener(page: Page) -> None:
    answer = client(
        page,
        """await client.connect();
        const refused = await client.line("nobody", "안녕", {id: "x"}).catch((error) => error);
        const unknown = await client.putCharacter("a", {builtin: "nobody"}).catch((e) => e);
        return [refused instanceof EmopicError, refused.code, refused.fault, refused.ref,
                unknown.code, of("error").length];""",
    )
    assert answer == [True, "unknown_character", "client", "x", "unknown_builtin", 2]


def test_a_line_that_is_never_answered_times_out(page: Page) -> None:
    answer = client(
        page,
        """client.lineTimeoutMs = 50;
        const late = await client.line("hero", "안녕").catch((error) => error);
        return [late.code, late.fault];""",
    )
    assert answer == ["timeout", "server"]


def test_a_line_nobody_waits_for_any_more_is_not_sent_later(page: Page) -> None:
    answer = client(
        page,
        """client.lineTimeoutMs = 30;
        await client.line("hero", "옛날 이야기", {id: "old"}).catch(() => null);
        client.lineTimeoutMs = 10_000;
        const hello = await client.connect();
        await client.putCharacter("hero", {builtin: hello.builtins[0].id});
        await client.line("hero", "정말 행복해", {id: "new"});
        return [of("emotion").map(({line}) => line), of("error").length];""",
    )
    assert answer == [["new"], 0]


def test_closing_tells_everyone_who_waits(page: Page) -> None:
    answer = client(
        page,
        """await client.connect();
        const line = client.line("hero", "안녕").catch((error) => error.code);
        client.close();
        return [await line, client.status];""",
    )
    assert answer == ["stopped", "idle"]


def test_ping_measures_the_way_there_and_back(page: Page) -> None:
    answer = client(page, "await client.connect(); return await client.ping();")
    assert isinstance(answer, float | int)
    assert 0 < answer < 10_000


# ── the face canvas ──────────────────────────────────────────────────────────────────────────────

FACE = """
  const {FaceCanvas} = await import("/emopic.js");
  const canvas = new OffscreenCanvas(1, 1);
  const face = new FaceCanvas(canvas);
  const [red, green, blue] = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255]];
  const clear = [0, 0, 0, 0];
  let n = 0;
  const frame = (colour, rect) => {
    const [w, h] = rect ? rect.slice(2) : [4, 4];
    const data = new Uint8Array(w * h * 4).map((_, i) => colour[i % 4]);
    return {format: "raw", width: 4, height: 4, data, rect, n: n++, character: "a"};
  };
  const painted = [];
  face.addEventListener("paint", ({detail}) => painted.push(detail.n));
  const show = async (...frames) => {
    const last = frames.at(-1).n;
    frames.forEach((one) => face.draw(one));
    await until(() => painted.at(-1) === last);
  };
  const at = (x, y) => [...canvas.getContext("2d").getImageData(x, y, 1, 1).data];
"""


def face(page: Page, script: str) -> object:
    return page.evaluate(f"async () => {{ {FACE} {script} }}")


def test_a_patch_is_never_drawn_before_a_full_frame(page: Page) -> None:
    assert face(
        page,
        """face.draw(frame(green, [0, 0, 2, 2]));
        await show(frame(red));
        return [at(0, 0), at(3, 3), face.skipped, painted];""",
    ) == [[255, 0, 0, 255], [255, 0, 0, 255], 1, [1]]


def test_a_patch_replaces_its_rectangle_also_where_it_is_clear(page: Page) -> None:
    assert face(
        page,
        """await show(frame(red));
        await show(frame(clear, [1, 1, 2, 2]));
        return [at(0, 0), at(1, 1), canvas.width];""",
    ) == [[255, 0, 0, 255], [0, 0, 0, 0], 4]


def test_a_patch_lies_over_the_full_frame_not_over_an_older_patch(page: Page) -> None:
    assert face(
        page,
        """await show(frame(red));
        await show(frame(green, [0, 0, 2, 2]));
        await show(frame(blue, [2, 2, 2, 2]));
        return [at(0, 0), at(3, 3)];""",
    ) == [[255, 0, 0, 255], [0, 0, 255, 255]]


def test_the_latest_wins_and_the_full_frame_under_a_patch_is_kept(page: Page) -> None:
    assert face(
        page,
        """const corner = [0, 0, 2, 2];
        await show(frame(green), frame(red), frame(blue, corner), frame(green, corner));
        return [at(0, 0), at(3, 3), painted];""",
    ) == [[0, 255, 0, 255], [255, 0, 0, 255], [0, 3]]


def test_a_broken_picture_leaves_what_is_shown(page: Page) -> None:
    assert face(
        page,
        """await show(frame(red));
        const failed = new Promise((resolve) => face.addEventListener("error", resolve));
        face.draw({...frame(green), format: "png", data: new Uint8Array([1, 2, 3])});
        await failed;
        const kept = at(0, 0);
        await show(frame(blue));
        return [kept, at(0, 0)];""",
    ) == [[255, 0, 0, 255], [0, 0, 255, 255]]


def test_a_reset_drops_what_is_still_being_decoded(page: Page) -> None:
    assert face(
        page,
        """await show(frame(red));
        face.draw(frame(green));
        face.reset();
        await show(frame(blue));
        return [painted.length, at(0, 0)];""",
    ) == [2, [0, 0, 255, 255]]
