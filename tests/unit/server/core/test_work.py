"""The atlas' key: everything a frame's bytes depend on, and nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from tests.unit.server.core.bench import Face

from emopic_server.core.work import FrameJob

JOB = FrameJob(
    face=Face("haru", 200, 100),
    expression=(0.5, 0.5),
    size=64,
    format="jpeg",
    quality=85,
    patch=False,
    character=("s", "a"),
    view=1,
    generation=1,
    n=1,
    line=None,
    owner="s",
)
OTHERS: dict[str, Any] = {
    "face": Face("sora", 200, 100),
    "expression": (0.25, 0.75),
    "size": 65,
    "format": "webp",
    "quality": 86,
    "patch": True,
    "mark": "visible",
}
# Who asked for it, when, and for whom: no pixel depends on these.
CIRCUMSTANCES: dict[str, Any] = {
    "character": ("s", "b"),
    "view": 2,
    "generation": 2,
    "n": 2,
    "line": "l",
    "owner": "t",
    "asked": 1.0,
    "stirred": 1.0,
}


def test_every_field_has_been_thought_of() -> None:
    assert {field.name for field in fields(FrameJob)} == OTHERS.keys() | CIRCUMSTANCES.keys()


@pytest.mark.parametrize("name", OTHERS)
def test_what_changes_the_bytes_changes_the_key(name: str) -> None:
    assert replace(JOB, **{name: OTHERS[name]}).atlas_key != JOB.atlas_key


@pytest.mark.parametrize("name", CIRCUMSTANCES)
def test_circumstances_do_not(name: str) -> None:
    assert replace(JOB, **{name: CIRCUMSTANCES[name]}).atlas_key == JOB.atlas_key


def test_one_picture_has_one_key() -> None:
    own = replace(JOB, size=0).atlas_key
    assert replace(JOB, size=200).atlas_key == replace(JOB, size=999).atlas_key == own
    for lossless in ("png", "raw"):
        job = replace(JOB, format=lossless)
        assert replace(job, quality=1).atlas_key == job.atlas_key
