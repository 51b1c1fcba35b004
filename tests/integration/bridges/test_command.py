"""`emopic-client bridge …` as a person runs it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.talker import running

import emopic_client
from emopic_client.cli import main


def bridge(*arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "emopic_client", "bridge", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_standard_input_speaks_for_a_character_that_others_see() -> None:
    async with running() as server, emopic_client.connect(server.ws) as watcher:
        await watcher.put("streamer", builtin="mina", shared=True)
        emotions = watcher.emotions_of("streamer")
        await watcher.watch("streamer")
        options = ("--url", server.ws, "--language", "ko", "--guard", "refuse")
        lines = "너무 좋아\nhello there\n\n시발 짜증나네\n정말 화나\n"
        done = await asyncio.to_thread(bridge, "stdin", *options, stdin=lines)
        heard = [(await anext(emotions)).top for _ in range(2)]
    assert done.returncode == 0, done.stderr
    assert heard == ["joy", "anger"]
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["기쁨", "분노"]
    assert "not said: 1 language, 1 line_profane" in done.stderr


async def test_json_lines_have_speakers(tmp_path: Path) -> None:
    file = tmp_path / "chat.jsonl"
    file.write_text(
        '{"speaker": "민지", "text": "너무 좋아"}\n{"speaker": "봇", "text": "구독!"}\n', "utf-8"
    )
    async with running() as server:
        options = ("--url", server.ws, "--ignore", "봇", "--character", "haru")
        done = await asyncio.to_thread(bridge, "jsonl", file, *options)
    assert done.returncode == 0, done.stderr
    assert "민지: 너무 좋아" in done.stdout
    assert "구독" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["twitch", "two words"], "'two words'"),
        (["youtube", "abcdefghijk"], "--key"),
        (["youtube", "https://youtu.be/abc", "--key", "k"], "youtu.be/abc"),
        (["chzzk", "minji"], "'minji'"),
        (["jsonl", "/missing.jsonl"], "/missing.jsonl"),
        (["stdin", "--url", "ws://127.0.0.1:9"], "127.0.0.1:9"),
        (["stdin", "--language", "fr"], "fr"),
        (["vmc", "--host", "nowhere.invalid"], "nowhere.invalid"),
        (["vts", "--hotkey", "joy"], "'joy'"),
        (["llm", "안녕", "--model", "m"], "--api"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_mistake_is_one_clear_line_and_exit_code_2(
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["emopic-client", "bridge", *arguments])
    monkeypatch.delenv("YOUTUBE_API_KEY", raising=False)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    *_, last = capsys.readouterr().err.strip().splitlines()
    assert last.startswith("emopic-client: error: ")
    assert said in last
