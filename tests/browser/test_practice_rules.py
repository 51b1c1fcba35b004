"""The practice's rules without its page: the staircase, the sums, the files, the words."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.serving import ServerProcess

from emopic_engine.data.faces.actions import UNITS
from emopic_engine.data.lines import LabelledLine, read_tsv
from emopic_engine.emotions import DEFAULT

NAMES = list(DEFAULT.names)
TOLD = 0.2  # a weaker action of a full expression need not be told


@pytest.fixture(scope="module")
def page(server: ServerProcess, chromium: Browser) -> Iterator[Page]:
    """One page for all: these modules keep nothing."""
    page = chromium.new_page()
    page.goto(f"{server.url}/favicon.svg")
    yield page
    page.close()


def run(page: Page, module: str, script: str, argument: object = None) -> Any:
    """Run a script that sees a module as `m` and the argument as `given`."""
    return page.evaluate(
        f"async (given) => {{ const m = await import('/practice-{module}.js'); {script} }}",
        argument,
    )


def climb(page: Page, answers: list[bool]) -> dict[str, Any]:
    found: dict[str, Any] = run(page, "staircase", "return m.staircase(given)", answers)
    return found


# ── the staircase ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answers", "trail", "level"),
    [
        ([], [], 12),
        ([True, True, True], [12, 10, 8], 6),  # in haste before the first mistake
        ([False], [12], 15),
        ([False, False], [12, 15], 16),  # never more than full
        ([True, False, True, True], [12, 10, 13, 12], 11),  # one step down, three up
        ([True] * 9, [12, 10, 8, 6, 4, 2, 1, 1, 1], 1),  # never nothing at all
    ],
)
def test_a_right_answer_weakens_and_a_wrong_one_strengthens(
    page: Page, answers: list[bool], trail: list[int], level: int
) -> None:
    found = climb(page, answers)
    assert (found["trail"], found["level"]) == (trail, level)
    assert found["threshold"] is None


def test_a_threshold_needs_answers_since_the_first_mistake(page: Page) -> None:
    assert climb(page, [True] * 40)["threshold"] is None
    assert climb(page, [False, *[True] * 8])["threshold"] == pytest.approx(11.5 / 16)


def test_the_staircase_settles_where_three_of_four_are_right(page: Page) -> None:
    """Of people who are right by chance, the more so the stronger the face: .75 at 7/16.

    The mean of the levels lies a little above, for the way up is steeper: by less than a step.
    """
    shares = run(
        page,
        "staircase",
        """let state = given;
        const random = () => {  // Park and Miller's generator: the same on every run
          state = (state * 48271) % 2147483647;
          return state / 2147483647;
        };
        const people = [];
        for (let person = 0; person < 60; person++) {
          const answers = [];
          for (let i = 0; i < 120; i++) {
            const shown = m.near(m.staircase(answers).level, random);
            answers.push(random() < 1 / (1 + Math.exp(-(shown - 7 + Math.log(3)))));
          }
          people.push({right: answers.slice(20).filter(Boolean).length / 100,
                       threshold: m.staircase(answers).threshold});
        }
        return people;""",
        20261122,
    )
    right = [one["right"] for one in shares]
    thresholds = [16 * one["threshold"] for one in shares]
    assert sum(right) / len(right) == pytest.approx(0.75, abs=0.02)
    assert sum(thresholds) / len(thresholds) == pytest.approx(7, abs=1)


def test_strengths_are_drawn_near_the_level_and_in_range(page: Page) -> None:
    drawn = run(
        page,
        "staircase",
        """const at = (level) => [0, 0.34, 0.67, 0.999].map((r) => m.near(level, () => r));
        return [at(1), at(8), at(16), m.any(() => 0), m.any(() => 0.999)];""",
    )
    assert drawn == [[1, 1, 2, 2], [7, 8, 9, 9], [15, 16, 16, 16], 3, 16]


def test_a_bag_holds_each_emotion_twice_in_any_order(page: Page) -> None:
    bags = run(page, "staircase", "return given.map(() => m.bag('abc', Math.random))", [0] * 40)
    assert {"".join(sorted(bag)) for bag in bags} == {"aabbcc"}
    assert len({"".join(bag) for bag in bags}) > 5


# ── sums ─────────────────────────────────────────────────────────────────────────────────────────


def answer(shown: str, said: str, **more: object) -> dict[str, object]:
    fixed = {"at": 1_790_000_000_000, "face": "minji", "strength": 8, "ms": 900}
    return {**fixed, "shown": shown, "said": said, "mode": "adapts", "described": False, **more}


def test_confusion_counts_what_was_taken_for_what(page: Page) -> None:
    answers = [answer("joy", "joy"), answer("joy", "anger"), answer("joy", "pride")]
    counts = run(page, "data", "return m.confusion(given, ['joy', 'anger'])", answers)
    assert counts == [[1, 1], [0, 0]]


def test_days_begin_at_midnight_of_the_zone(page: Page) -> None:
    at = 1_790_000_000_000 - 1_790_000_000_000 % 86_400_000  # midnight, UTC
    answers = [
        answer("joy", "joy", at=at + 15 * 3_600_000 - 1),  # the last of the day in Seoul
        answer("joy", "anger", at=at + 15 * 3_600_000),
        answer("joy", "joy", at=at + 16 * 3_600_000),
    ]
    days = run(page, "data", "return m.byDay(given, 'Asia/Seoul')", answers)
    assert [(day["right"], day["wrong"]) for day in days] == [(1, 0), (1, 1)]
    assert days[0]["date"] < days[1]["date"]


def test_only_adapting_answers_without_words_move_a_staircase(page: Page) -> None:
    answers = [
        answer("joy", "joy"),
        answer("joy", "joy", mode="full"),
        answer("joy", "joy", described=True),
        answer("anger", "joy"),
    ]
    assert run(page, "data", "return m.staircaseOf(given, 'joy').trail", answers) == [12]


# ── files ────────────────────────────────────────────────────────────────────────────────────────


def line(text: str, label: str = "sadness") -> dict[str, object]:
    return {"at": 0, "text": text, "label": label, "heard": "joy", "strength": 4}


def test_the_tsv_is_what_training_reads(page: Page, tmp_path: Path) -> None:
    lines = [line("속상하고\t창피해\r\n정말"), line("=1+1", "joy"), line('"그냥", 그래')]
    file = tmp_path / "lines.tsv"
    file.write_text(run(page, "data", "return m.linesTsv(given)", lines), encoding="utf-8")
    assert read_tsv(file, DEFAULT) == [
        LabelledLine(4, "속상하고 창피해 정말"),
        LabelledLine(0, "=1+1"),
        LabelledLine(4, '"그냥", 그래'),
    ]


def test_a_csv_runs_no_formula_and_keeps_every_character(page: Page) -> None:
    text = run(page, "data", "return m.linesCsv(given)", [line("=1+1"), line('a "b", c\nd')])
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["text"] for row in rows] == ["'=1+1", 'a "b", c\nd']
    assert rows[0]["strength"] == "0.25"
    assert rows[0]["at"] == "1970-01-01T00:00:00.000Z"
    answers = run(page, "data", "return m.answersCsv(given)", [answer("joy", "anger")])
    assert next(csv.DictReader(io.StringIO(answers)))["right"] == "0"


def test_what_is_exported_can_be_opened_again(page: Page) -> None:
    kept = {"answers": [answer("joy", "anger")], "lines": [line("좋아")]}
    found = run(page, "data", "return m.fromJson(m.toJson('공책', given))", kept)
    assert found == {"name": "공책", **kept}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"format": "diary"}, "format"),
        ({"version": 2}, "version"),
        ({"name": " "}, "name"),
        ({"answers": {}}, "answers"),
        ({"lines": [{}]}, "lines[0].at"),
        ({"lines": [None]}, "lines[0].at"),
        ({"answers": [answer("joy", "joy", strength="8")]}, "answers[0].strength"),
    ],
)
def test_another_file_is_refused_by_the_place_that_is_wrong(
    page: Page, change: dict[str, object], where: str
) -> None:
    fine = {"format": "emopic-practice", "version": 1, "name": "a", "answers": [], "lines": []}
    script = "try { m.fromJson(given) } catch (error) { return [error.name, error.where] }"
    assert run(page, "data", script, json.dumps({**fine, **change}))[1] == where
    assert run(page, "data", script, "{")[1] == "file"


# ── words ────────────────────────────────────────────────────────────────────────────────────────

REGIONS = {"brow": "brows", "nose": "brows", "eye": "eyes", "cheek": "eyes"}


def region(unit: str) -> str:
    return next((part for head, part in REGIONS.items() if unit.startswith(head)), "mouth")


@pytest.mark.parametrize("emotion", NAMES)
def test_the_words_tell_what_the_face_does(page: Page, emotion: str) -> None:
    """Whatever a drawn face moves is told, in its place, and nothing else is."""
    clues = run(page, "clues", "return m.CLUES[given]", emotion)
    told = {(part, move) for part, clue in clues.items() for move in clue["moves"]}
    moved = UNITS[emotion]
    assert {move for _, move in told} <= set(moved)
    assert {(region(unit), unit) for unit in moved if moved[unit] > TOLD} <= told
    assert all(region(move) == part for part, move in told)


def test_no_clue_names_its_emotion_and_every_pair_is_told_apart(page: Page) -> None:
    """Else the words for a face would give the answer away."""
    clues = run(page, "clues", "return m.CLUES")
    for emotion, korean in zip(NAMES, DEFAULT.korean, strict=True):
        for clue in clues[emotion].values():
            assert emotion not in clue["en"].lower()
            assert korean not in clue["ko"]
    pairs = {frozenset(pair) for pair in run(page, "clues", "return m.PAIRS")}
    assert pairs == {frozenset((a, b)) for a in NAMES for b in NAMES if a != b}
    pair = random.Random(1).sample(NAMES, 2)
    script = "return ['ko', 'en'].map((language) => m.apart(given[0], given[1], language))"
    there, back = run(page, "clues", script, pair), run(page, "clues", script, pair[::-1])
    assert there == back
    assert all(there)
    assert run(page, "clues", script, ["joy", "pride"]) == [None, None]
