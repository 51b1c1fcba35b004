"""The conformance kit: our client passes, and clients that break a rule do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from emopic_client.conformance.command import conformance
from emopic_client.conformance.run import Verdict, play
from emopic_client.conformance.scenarios import SCENARIOS, what_it_asks
from emopic_client.errors import InvalidRequest

OURS = f"{sys.executable} -m emopic_client.conformance.adapter"
BROKEN = f"{sys.executable} {Path(__file__).with_name('broken_adapter.py')}"
DOCUMENT = Path(__file__).parents[2] / "docs" / "clients" / "conformance.md"


QUIET_S = 0.6


async def verdict(command: str, name: str, patience: float) -> Verdict:
    (only,) = [v async for v in play(command, [name], patience=patience, quiet=QUIET_S)]
    return only


async def test_our_client_passes() -> None:
    verdicts = [v async for v in play(OURS, [], patience=30.0, quiet=QUIET_S)]
    assert [v.scenario for v in verdicts] == list(SCENARIOS)
    assert {v.scenario: v.broken for v in verdicts if v.broken} == {}


@pytest.mark.parametrize(
    ("way", "scenario", "said"),
    [
        ("early", "opening", "spoke too early"),
        ("nameless", "opening", "expected a client's name"),
        ("forgetful", "resume", "got none"),
        ("silent", "opening", "said nothing"),
        ("stubborn", "wrong_token", "came back"),
        ("deaf", "event_order", "no report"),
        ("ascii", "korean_text", "expected the line"),
        ("trusting", "newer_protocol", "expected nothing after hello"),
        ("crashing", "bad_bytes", "exit code 3"),
    ],
)
async def test_a_client_that_breaks_a_rule_fails(way: str, scenario: str, said: str) -> None:
    found = await verdict(f"{BROKEN} {way}", scenario, patience=4.0)
    assert said in found.broken


async def test_one_that_dies_is_started_again_for_the_next() -> None:
    names = ["bad_bytes", "opening"]
    verdicts = [v async for v in play(f"{BROKEN} crashing", names, patience=5.0)]
    assert [bool(v.broken) for v in verdicts] == [True, False]


@pytest.mark.parametrize(
    ("names", "url", "said"),
    [
        (["tea"], "ws://127.0.0.1:0", "tea"),
        ([], "http://x", "http://x"),
        ([], "ws://h:x", "ws://h:x"),
    ],
)
async def test_a_mistake_is_named(names: list[str], url: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        async for _ in play(OURS, names, url):
            pass


def test_every_scenario_says_what_it_asks_and_is_in_the_document() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, scenario in SCENARIOS.items():
        assert what_it_asks(scenario)
        assert f"\n| `{name}` | " in text


def test_the_command_prints_verdicts_and_its_exit_code_says_them() -> None:
    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "emopic_client", "conformance", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    done = command("--client", OURS, "--only", "opening", "--only", "errors")
    assert done.returncode == 0, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["opening", "pass"],
        ["errors", "pass"],
    ]
    done = command("--client", f"{BROKEN} early", "--only", "opening", "--json")
    assert done.returncode == 1
    assert '"passed":false' in done.stdout


@pytest.mark.parametrize(("client", "said"), [(None, "--client"), ("/no/such", "/no/such")])
def test_a_client_that_is_not_there_is_named(client: str | None, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        conformance(client=client)
