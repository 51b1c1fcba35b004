"""Reading the history over HTTP: real sockets, a real database, sessions that write it."""

from __future__ import annotations

import asyncio
import csv
import io
import logging
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.talker import Running, running

from emopic_client import wire
from emopic_server.core.names import group_of
from emopic_server.history.answers import MOST_EXPORTED
from emopic_server.history.database import Database, Event

OWN, READ = "a long token", "only looking"
LABELS = ("joy", "anger", "neutral")
ROUTES = ("mix", "shares", "lines", "streaks", "export.csv", "export.json")
NOW = round(time.time() * 1000)


def event(ago_ms: int, top: str = "joy", **more: Any) -> Event:
    scores = tuple(0.8 if name == top else 0.1 for name in LABELS)
    values: dict[str, Any] = {
        "owner": group_of(None),
        "character": "minji",
        "speaker": "chat",
        "labels": LABELS,
        "scores": scores,
        "top": top,
        "intensity": 0.8,
        "text": f"{top} {ago_ms}",
    }
    return Event(at=NOW - ago_ms, **(values | more))


def fill(path: Path, *events: Event) -> dict[str, str]:
    """A history with these events, as the server's configuration names it."""
    database = Database(str(path))
    database.prepare()
    database.write(events)
    database.close()
    return {"url": str(path), "keep": "text"}


async def get(server: Running, path: str, token: str | None = None, **headers: str) -> Any:
    bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=30) as client:
        return await client.get(f"{server.http}/v1/history/{path}", headers={**bearer, **headers})


def code(response: Any) -> str:
    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["error"]["message"]
    return str(response.json()["error"]["code"])


async def test_what_was_said_can_be_read_at_once_by_those_who_said_it(tmp_path: Path) -> None:
    table = {"url": str(tmp_path / "history.db"), "keep": "text"}
    async with running(history=table) as server:
        async with server.session(history="text") as talker:
            await talker.put()
            for number in range(3):
                await talker.say("정말 행복하다", str(number))
                emotion = await talker.expect(wire.Emotion, line=str(number))
            async with asyncio.timeout(20):
                while len((await get(server, "lines")).json().get("rows", [])) < 3:
                    await talker.alive()
        lines = (await get(server, "lines?limit=2")).json()
        assert [row["text"] for row in lines["rows"]] == ["정말 행복하다"] * 2
        assert lines["keep"] == "text"
        mix = (await get(server, "mix?by=day&zone=Asia/Seoul")).json()
        assert [row["lines"] for row in mix["rows"]] == [{emotion.top: 3}]
        assert {"id": "joy", "ko": "기쁨"} in mix["emotions"]
        shares = (await get(server, "shares")).json()["rows"]
        assert [(row["speaker"], row["lines"]) for row in shares] == [("test", {emotion.top: 3})]
        streaks = (await get(server, "streaks")).json()
        assert streaks["days"]["current"]["days"] == 1
        assert [(run["top"], run["lines"]) for run in streaks["runs"]] == [(emotion.top, 3)]


async def test_a_token_reads_its_own_group_and_nobody_elses(tmp_path: Path) -> None:
    mine, other = group_of(OWN), group_of("somebody else's token")
    table = fill(
        tmp_path / "h.db", event(1, owner=mine), event(2, owner=other), event(3), event(4, "anger")
    )
    async with running(history=table, token=OWN, read_only_token=READ) as server:
        for route in ROUTES:
            found = await get(server, route, OWN)
            assert found.status_code == 200
            assert found.headers["Cache-Control"] == "no-store"
            assert "anger 4" not in found.text
            missing, wrong = await get(server, route), await get(server, route, "a wrong token")
            assert (missing.status_code, code(missing)) == (401, "token_required")
            assert (wrong.status_code, code(wrong)) == (401, "auth_failed")
            assert missing.headers["WWW-Authenticate"] == "Bearer"
            looking = await get(server, route, READ)
            assert (looking.status_code, code(looking)) == (403, "read_only")
        assert [row["text"] for row in (await get(server, "lines", OWN)).json()["rows"]] == [
            "joy 1"
        ]
        for odd in ("Basic YTpi", "Bearer", f"Bearer {OWN} x", f"bearer{OWN}"):
            refused = await get(server, "mix", Authorization=odd)
            assert (refused.status_code, code(refused)) == (401, "auth_failed")
        assert code(await get(server, f"mix?token={OWN.replace(' ', '+')}", OWN)) == "bad_field"


async def test_without_tokens_a_token_reads_the_group_it_makes(tmp_path: Path) -> None:
    """As it is for sessions: a token nobody asked for still opens a group of its own."""
    table = fill(tmp_path / "h.db", event(1), event(2, "anger", owner=group_of("비밀번호")))
    async with running(history=table) as server:
        plain = (await get(server, "shares")).json()["rows"]
        own = await get(server, "shares", None, Authorization="Bearer 비밀번호".encode())  # type: ignore[arg-type]
        assert [row["lines"] for row in plain] == [{"joy": 1}]
        assert [row["lines"] for row in own.json()["rows"]] == [{"anger": 1}]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example:8765"},  # a name somebody pointed here
        {"Host": "evil.example:8765", "Origin": "http://evil.example:8765"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_other_pages_read_nothing(tmp_path: Path, headers: dict[str, str]) -> None:
    table = fill(tmp_path / "h.db", event(1))
    async with running(history=table) as server:
        refused = await get(server, "lines", **headers)
        assert (refused.status_code, code(refused)) == (403, "origin_refused")


async def test_an_origin_on_the_list_may_read(tmp_path: Path) -> None:
    table = fill(tmp_path / "h.db", event(1))
    async with running(history=table, allow_origins=["https://a.example"]) as server:
        headers = {"Origin": "https://a.example", "Sec-Fetch-Site": "cross-site"}
        found = await get(server, "lines", **headers)
        assert found.status_code == 200
        assert found.headers["Access-Control-Allow-Origin"] == "https://a.example"
        own = await get(server, "lines", Origin=server.http)
        assert own.status_code == 200
        assert "Access-Control-Allow-Origin" not in own.headers


async def ask_before(server: Running, origin: str) -> httpx.Response:
    """What a browser asks before a page elsewhere sends its token."""
    headers = {
        "Origin": origin,
        "Sec-Fetch-Site": "cross-site",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        return await client.options(f"{server.http}/v1/history/mix", headers=headers)


async def test_an_origin_on_the_list_may_send_its_token(tmp_path: Path) -> None:
    """The question before comes without it, and must be answered all the same."""
    table = fill(tmp_path / "h.db", event(1))
    options = {"history": table, "allow_origins": ["https://a.example"], "token": "correct horse"}
    async with running(**options) as server:
        told = await ask_before(server, "https://a.example")
        assert told.status_code == 200
        assert told.headers["Access-Control-Allow-Origin"] == "https://a.example"
        assert told.headers["Access-Control-Allow-Headers"] == "Authorization"
        assert "GET" in told.headers["Access-Control-Allow-Methods"]
        assert told.headers["Vary"] == "Origin"
        assert told.content == b""
        refused = await ask_before(server, "https://evil.example")
        assert (refused.status_code, code(refused)) == (403, "origin_refused")
        assert "Access-Control-Allow-Origin" not in refused.headers


async def test_a_history_that_is_off_says_how_to_switch_it_on() -> None:
    async with running() as server:
        for route in ("mix", "export.csv", "nothing"):
            refused = await get(server, route)
            assert (refused.status_code, code(refused)) == (404, "history_off")
        assert "[history]" in refused.json()["error"]["message"]


async def test_a_lost_database_is_told_and_lines_go_on(tmp_path: Path) -> None:
    table = {"url": str(tmp_path / "disk" / "history.db")}
    async with (
        running(history=table) as server,
        server.session(history="scores") as talker,
    ):
        refused = await get(server, "mix")
        assert (refused.status_code, code(refused)) == (503, "history_failed")
        assert "unable to open" in refused.json()["error"]["message"]
        assert refused.headers["Retry-After"]
        await talker.put()
        await talker.say("기쁘다")
        await talker.expect(wire.Emotion)


async def test_lines_are_answered_while_many_read(tmp_path: Path) -> None:
    table = fill(tmp_path / "h.db", *(event(at * 60_000) for at in range(1000)))
    async with running(history=table) as server, server.session() as talker:
        await talker.put()
        reads = [
            asyncio.create_task(get(server, "export.json?since=2020-01-01")) for _ in range(12)
        ]
        for number in range(5):
            await talker.say("기쁘다", str(number))
            await talker.expect(wire.Emotion, line=str(number))
        answers = await asyncio.gather(*reads)
        kinds = {answer.status_code for answer in answers}
        assert kinds <= {200, 503}
        assert 200 in kinds
        assert {code(answer) for answer in answers if answer.status_code == 503} <= {
            "busy",
            "too_slow",
        }


async def test_exports_are_files_and_bounded(tmp_path: Path) -> None:
    table = fill(tmp_path / "h.db", *(event(n, text="=1+1") for n in range(MOST_EXPORTED + 1)))
    async with running(history=table) as server:
        refused = await get(server, "export.csv")
        assert (refused.status_code, code(refused)) == (413, "too_large")
        assert "emopic history export" in refused.json()["error"]["message"]
        begin = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(NOW / 1000 - 8))
        found = await get(server, f"export.csv?since={begin}")
        assert found.headers["Content-Disposition"] == 'attachment; filename="emopic-history.csv"'
        rows = list(csv.DictReader(io.StringIO(found.text)))
        assert 7000 <= len(rows) <= 9000
        assert rows[0]["text"] == "'=1+1"
        array = (await get(server, f"export.json?since={begin}")).json()
        assert len(array) == len(rows)
        async with httpx.AsyncClient(trust_env=False) as client:
            head = await client.head(f"{server.http}/v1/history/mix")
            assert (head.status_code, head.content) == (200, b"")
            posted = await client.post(f"{server.http}/v1/history/mix")
            assert (posted.status_code, code(posted)) == (405, "method_not_allowed")


async def test_neither_tokens_nor_names_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table = fill(tmp_path / "h.db", event(1, owner=group_of(OWN)))
    caplog.set_level(logging.DEBUG, logger="emopic_server")
    logging.getLogger("emopic_server.io.websockets").setLevel(logging.WARNING)
    async with running(history=table, token=OWN) as server:
        await get(server, "lines?speaker=secret-name", OWN)
        await get(server, "lines?speaker=secret-name&by=nothing", "a wrong token")
    for record in caplog.records:
        if record.name.startswith("emopic_server"):
            said = record.getMessage()
            assert OWN not in said
            assert "wrong token" not in said
            assert "secret-name" not in said
