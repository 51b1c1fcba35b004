"""The second opinion, with the real package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.server.intake.test_guard import LINES

from emopic_server.errors import ConfigError
from emopic_server.intake import guard_korcen
from emopic_server.intake.guard import Guard, load_guard
from emopic_server.intake.guard_command import measure, read_labelled

BOTH = load_guard("korcen")


def test_it_keeps_precision_and_does_not_lower_recall() -> None:
    labelled = read_labelled(LINES)
    score = measure(BOTH, labelled)
    assert score.precision >= 0.98, score.accused
    assert score.recall >= measure(load_guard(), labelled).recall


def test_it_is_asked_when_our_own_list_finds_nothing() -> None:
    line = "뽕알 같은 소리"
    assert Guard().find(line) == ()
    assert BOTH.mask(line) == "** 같은 소리"


@pytest.mark.parametrize("line", ["백 개 넘음", "다시 방문해 주세요", "또라이 같아", "개념 있다"])
def test_it_is_not_believed_across_words_or_about_what_is_harmless(line: str) -> None:
    assert BOTH.find(line) == ()


def test_importing_it_leaves_the_streams_alone_and_reads_no_lists(tmp_path: Path) -> None:
    """korcen wraps stdout, and takes word lists from wherever the program runs."""
    (tmp_path / "custom_profanity_include.txt").write_text("안녕\n", encoding="utf-8")
    code = (
        "import sys; before = sys.stdout\n"
        "from emopic_server.intake.guard import load_guard\n"
        "guard = load_guard('korcen')\n"
        "assert sys.stdout is before and guard.find('안녕') == ()\n"
        "print('done')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (ran.stdout, ran.returncode) == ("done\n", 0), ran.stderr


def test_a_missing_package_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "korcen", None)
    with pytest.raises(ConfigError, match=r"pip install 'emopic-server\[korcen\]'"):
        guard_korcen.Korcen()
