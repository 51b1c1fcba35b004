"""Configuration: what is wrong is named, and nothing is ignored."""

from __future__ import annotations

from pathlib import Path

import pytest

from emopic_server.config import ServerConfig, is_loopback
from emopic_server.errors import ConfigError


def toml(folder: Path, text: str) -> Path:
    path = folder / "emopic.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_serve_this_machine_only() -> None:
    config = ServerConfig.load()
    assert (config.host, config.port, config.token) == ("127.0.0.1", 8765, None)
    assert config.loopback


def test_options_win_over_the_file(tmp_path: Path) -> None:
    path = toml(tmp_path, 'port = 1\nbackend = "torch"\n[limits]\nfps = 25\n[queue]\nlines = 9\n')
    config = ServerConfig.load(path, port=2, token=None)
    assert (config.port, config.backend, config.limits.fps, config.queue.lines) == (
        2,
        "torch",
        25,
        9,
    )
    assert config.limits.line_chars == 500


def test_an_option_goes_over_one_key_of_a_table(tmp_path: Path) -> None:
    path = toml(tmp_path, '[history]\nurl = "a.db"\ndays = 7\n')
    history = ServerConfig.load(path, history={"url": None, "keep": "text"}).history
    assert (history.url, history.keep, history.days) == ("a.db", "text", 7)
    assert ServerConfig.load(path, history={"url": "b.db", "keep": None}).history.url == "b.db"
    assert ServerConfig.load(history={"url": None, "keep": None}).history.url is None
    with pytest.raises(ConfigError, match=r"history\.keep = 'all'"):
        ServerConfig.load(path, history={"keep": "all"})
    with pytest.raises(ConfigError, match="history = 3: expected a table"):
        ServerConfig.load(toml(tmp_path, "history = 3"), history={"url": "b.db"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("prot = 1", "prot = 1: expected one of allow_origins"),
        ("port = '8765'", "port = '8765': expected a whole number"),
        ("port = true", "port = True: expected a whole number"),
        ("port = 70000", "port = 70000: expected 0 … 65535"),
        ("token = 'short'", "at least 8 characters"),
        ("host = '0.0.0.0'", "expected a token"),
        ("read_only_token = 'long enough'", "token beside it"),
        ("token = 'long enough'\nread_only_token = 'short'", "read_only_token = '…': expected at"),
        ("token = 'long enough'\nread_only_token = 'long enough'", "another token than token"),
        ("allow_origins = 'https://a.example'", "a list of texts"),
        ("allow_origins = ['a.example']", "an origin like https://example.org"),
        ("log_level = 'loud'", "one of debug"),
        ("threads = -1", "at least 0"),
        ("limits = 3", "limits = 3: expected a table"),
        ("[limits]\nfsp = 3", "limits.fsp = 3: expected one of"),
        ("[limits]\nfps = '3'", "limits.fps = '3': expected a whole number"),
        ("[limits]\nfps = 0", "limits.fps = 0: expected more than 0"),
        ("[limits]\nresume_s = 'x'", "limits.resume_s = 'x': expected a number"),
        ("[limits]\nresume_events = 600", "at most limits.outbox_events = 512"),
        ("[queue]\nline_batch = 0", "queue.line_batch = 0: expected more than 0"),
        ("port =", "TOML"),
    ],
)
def test_errors_name_key_value_and_what_was_expected(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ServerConfig.load(toml(tmp_path, text))
    assert says in str(caught.value)


def test_a_token_is_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        ServerConfig.load(token="hunter2")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        ServerConfig.load(token="correct horse", read_only_token="correct horse")
    assert "horse" not in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing\.toml"):
        ServerConfig.load(tmp_path / "nothing.toml")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.2", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) == expected
