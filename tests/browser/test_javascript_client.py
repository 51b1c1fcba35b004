"""emopic.js in a page of a real server: no build, no other runtime."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page
from tests.browser.scripting import HELPERS
from tests.browser.serving import ROOT, Serve, ServerProcess

Open = Callable[..., Page]
TYPES = ROOT / "server" / "emopic_server" / "web" / "emopic.d.ts"
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


def test_the_types_declare_what_the_module_exports(page: Page) -> None:
    declared = re.findall(r"^export (?:class|const) (\w+)", TYPES.read_text("utf-8"), re.MULTILINE)
    exported = page.evaluate("async () => Object.keys(await import('/emopic.js'))")
    assert sorted(declared) == sorted(exported)


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
    ("code", "bye", "known", "reason"),
    [
        (1006, None, True, None),
        (1001, None, True, None),
        (1012, {"reconnect": True}, True, None),
        (1008, None, True, "policy_violation"),
        (1009, None, True, "message_too_large"),
        (4001, {"reconnect": False}, True, None),
        (4001, {"reconnect": False}, False, "identify_timeout"),
        (4002, {"reconnect": False}, True, "auth_failed"),
        (4005, {"reconnect": True}, True, None),
        (4007, None, True, "session_taken"),
        (4999, None, True, "stopped"),
    ],
)
def test_a_close_code_says_whether_to_come_back(
    page: Page, code: int, bye: object, known: bool, reason: str | None
) -> None:
    script = "async (asked) => (await import('/wire.js')).stopReason(...asked)"
    assert page.evaluate(script, [code, bye, known]) == reason


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


def test_a_watcher_may_ask_for_the_text(page: Page) -> None:
    answer = client(
        page,
        """const hello = await client.connect();
        await client.putCharacter("hero", {builtin: hello.builtins[0].id});
        await client.line("hero", "정말 행복해");
        client.watch("hero", {text: true});
        await client.line("hero", "너무 슬퍼");
        return [of("emotion").map(({text}) => text ?? null), client.readOnly];""",
    )
    assert answer == [[None, "너무 슬퍼"], False]


def test_a_locked_face_does_not_follow_lines(page: Page) -> None:
    answer = client(
        page,
        """const hello = await client.connect();
        const options = {transition_ms: 0};
        await client.putCharacter("hero", {builtin: hello.builtins[0].id, options});
        client.watch("hero", {blendshapes: "vrm1"});
        client.express("hero", {anger: 1}, {hold_ms: 60_000, lock: true});
        const {top} = await client.line("hero", "정말 행복해");
        await client.ping();
        const {names, values} = of("blendshapes").at(-1);
        return [top, values[names.indexOf("angry")], values[names.indexOf("happy")]];""",
    )
    assert answer == ["joy", 1, 0]


def test_a_read_only_token_may_only_watch(serve: Serve, open_page: Open) -> None:
    tokens = ("--token", "correct horse", "--read-only-token", "only looking")
    server = serve(*tokens)
    page = open_page(f"{server.url}/overlay")
    page.evaluate(HELPERS)
    answer = client(
        page,
        """client.token = "only looking";
        const hello = await client.connect();
        const put = await client.putCharacter("hero", {builtin: "haru"}).catch((e) => e);
        const line = await client.line("hero", "안녕").catch((e) => e);
        return [client.readOnly, put.code, line.code, put.fault];""",
    )
    assert answer == [True, "read_only", "read_only", "client"]
