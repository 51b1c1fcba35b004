"""From JSON to Markdown and pictures, with small results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.markdown import table
from benchmarks.plots import PLOTS, styled
from benchmarks.sections import SECTIONS, machine
from benchmarks.tables import BEGIN, END, PAGE, elsewhere, main, picture, put, read, tables
from tests.unit.benchmarks.results import HEAD, RESULTS

PAGE_TEXT = f"# Title\n\nbefore\n\n{BEGIN}\nold\n{END}\n\nafter\n"


def text(name: str) -> str:
    return SECTIONS[name][1](RESULTS[name])


def test_a_table_is_markdown():
    assert table(("a", "b"), [(1, None)]) == "| a | b |\n|---|---|\n| 1 | – |"


@pytest.mark.parametrize("name", RESULTS)
def test_every_row_has_as_many_cells_as_its_head(name: str):
    found = [block for block in text(name).split("\n\n") if block.startswith("|")]
    assert found
    for block in found:
        assert len({line.count("|") for line in block.splitlines()}) == 1


def test_engines_stand_side_by_side_with_floor_and_parity():
    shown = text("engines")
    assert "| tokens | batch | torch f32 | openvino f32 | bad bf16 |" in shown
    assert "| 16 | 1 | 8.00 / 16.00 (25 %) | 2.00 / 4.00 (25 %) | – |" in shown
    assert "| 16 | 8 | 32.00 / 64.00 (25 %) | – | – |" in shown
    assert "bad bf16: too far" in shown
    assert "At most 500 items/s (openvino f32, batch 1)" in shown


def test_what_is_not_as_wanted_stands_out():
    assert "| idle, identified | 2000 | 21.5 | yes |" in text("connections")
    assert "| idle, watching | 2000 | 41.0 | **no** |" in text("connections")
    assert "999 of 1000 sessions resumed, 998 with every event" in text("connections")
    assert "Flat: **no**" in text("soak")
    assert "No load held." in text("sweep")
    assert "**90.0 %**" in text("sweep")


def test_what_was_lost_is_infinite():
    assert "| 200 | 110 | 45.0 % | 1.0 | 3.0 | ∞ | ∞ | 0.0 % |" in text("sweep")
    assert "| p99 of a line, ms | – | 9.0 | ∞ |" in text("soak")
    assert "| 1000 | 30 | 50.0 % | 1.0 | ∞ |" in text("fanout")


def test_a_capacity_at_the_limit_says_so():
    assert "| from the atlas | 4 (no more tried) | 99.2 % |" in text("capacity")
    assert "| uncached | 0 | – | – | – |" in text("capacity")


def test_the_machine_is_described_and_haste_is_told():
    shown = machine(HEAD)
    assert all(part in shown for part in ("A Processor", "2 processors", "0.25", "torch 2.13"))
    assert "quick" not in shown
    assert "A quick run" in machine({**HEAD, "quick": True})


def test_the_page_keeps_what_is_around_its_tables():
    page = put(PAGE_TEXT, "new")
    assert page == f"# Title\n\nbefore\n\n{BEGIN}\n\nnew\n\n{END}\n\nafter\n"
    assert put(page, "new") == page
    with pytest.raises(ValueError, match="no place for tables"):
        put("# Title\n", "new")


def test_our_own_page_has_the_place():
    assert "x" in put(PAGE.read_text(encoding="utf-8"), "x")


def test_only_what_has_a_result_is_in_the_text():
    shown = tables({"wire": RESULTS["wire"]})
    assert "### Messages" in shown
    assert shown.count("###") == 1
    assert "| line | msgpack | 83 | 4,000 | 1,000 |" in shown


def test_another_machine_has_its_aims_and_a_quick_run_none(tmp_path: Path):
    assert elsewhere(tmp_path) == ""
    for name in ("old-laptop", "quick"):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "capacity.json"
        path.write_text(json.dumps(RESULTS["capacity"]), encoding="utf-8")
    (tmp_path / "empty").mkdir()
    shown = elsewhere(tmp_path)
    assert shown.count("###") == 1
    assert "### On another machine: old-laptop" in shown
    assert "| characters at 30 fps, from the atlas | ≥ 30 |" in shown
    assert "(../benchmarks/results/old-laptop/capacity.json)" in shown


@pytest.mark.parametrize("name", PLOTS)
def test_every_picture_can_be_drawn(name: str):
    axes = styled(name, RESULTS[name]).axes
    assert axes
    assert all(each.get_title(loc="left") for each in axes)


def test_the_command_writes_page_and_pictures(tmp_path: Path):
    results: dict[str, Any] = {"soak": RESULTS["soak"], "wire": RESULTS["wire"]}
    for name, found in results.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(PAGE_TEXT, encoding="utf-8")
    assert read(tmp_path) == results
    main(tmp_path, page, tmp_path / "images")
    assert f"images/{picture('soak')}" in page.read_text(encoding="utf-8")
    assert (tmp_path / "images" / picture("soak")).stat().st_size > 1000
