"""Faces on their way: found, cut, handed back."""

from __future__ import annotations

import asyncio

import pytest

from emopic_server.core.errands import Errands, FaceErrand, FoundFace
from emopic_server.core.work import Failed
from emopic_server.errors import Refusal
from emopic_server.intake.capture import Found
from emopic_server.intake.services import Unavailable
from emopic_server.io.errands import ErrandRunner, Result

KEY = ("session", "a")


class Finder:
    """Finds the same picture everywhere; an address with `page` is one."""

    async def find(self, address: str) -> Found:
        return Found(b"found", "page" in address)


class Scissors:
    """Says what it has cut."""

    async def cut(self, picture: bytes) -> bytes:
        if picture == b"nobody":
            raise Refusal("no_face", "there is nobody")
        return b"cut " + picture


async def ran(errand: FaceErrand) -> Result:
    """What comes of an errand."""
    done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
    off = Unavailable("off")
    runner = ErrandRunner(Finder(), off, lambda _, result: done.set_result(result), Scissors())
    errands = Errands()
    errands.put(errand)
    runner.start(errands)
    return await done


@pytest.mark.parametrize(
    ("errand", "face"),
    [
        (FaceErrand("s", KEY, 1, None, b"mine", cut=True), FoundFace(b"cut mine", page=False)),
        (FaceErrand("s", KEY, 1, "https://a/b", cut=True), FoundFace(b"cut found", page=False)),
        (FaceErrand("s", KEY, 1, "https://a/page", cut=True), FoundFace(b"found", page=True)),
        (FaceErrand("s", KEY, 1, "https://a/b"), FoundFace(b"found", page=False)),
    ],
)
async def test_a_face_is_found_and_cut_if_that_is_asked(
    errand: FaceErrand, face: FoundFace
) -> None:
    assert await ran(errand) == face


async def test_a_refusal_comes_back() -> None:
    failed = await ran(FaceErrand("s", KEY, 1, None, b"nobody", cut=True))
    assert failed == Failed("no_face", "there is nobody")
