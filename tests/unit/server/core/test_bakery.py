"""Rendering ahead: what a bake asks for, that it never hurries, and how it ends."""

from __future__ import annotations

from tests.unit.server.core.bench import Face, Picture

from emopic_engine.atlas import Atlas
from emopic_server.core.bakery import BAKES, Bakery, News
from emopic_server.core.metrics import Metrics
from emopic_server.core.work import FrameJob, PictureLike

NEUTRAL = 1
WAYS = 2 * 16 + 1  # three emotions, one of them neutral


def pattern(view: int = 7, face: str = "haru", **more: bool) -> FrameJob:
    return FrameJob(
        face=Face(face),
        expression=(0.0, 0.0, 0.0),
        size=64,
        format="jpeg",
        quality=85,
        patch=more.get("patch", True),
        character=("s", "a"),
        view=view,
        generation=1,
        n=0,
        line=None,
        owner="s",
    )


class Kitchen:
    """A bakery, its atlas, and an engine that works at once."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.atlas: Atlas[PictureLike] = Atlas(room)
        self.metrics = Metrics()
        self.bakery = Bakery(self.atlas, self.metrics)
        self.rendered: list[FrameJob] = []

    def work(self, most: int = 1000) -> None:
        for _ in range(most):
            work = self.bakery.take()
            if work is None:
                return
            (job,) = work.jobs
            self.rendered.append(job)
            self.atlas.put(job.atlas_key, Picture(bytes(100), None))
            self.bakery.rendered(job)

    @property
    def bakes(self) -> dict[str, int]:
        return dict(self.metrics.counters["bakes"])


def test_a_bake_renders_the_ways_to_every_emotion_and_tells_each_quarter() -> None:
    kitchen = Kitchen()
    kitchen.bakery.put(pattern(), NEUTRAL)
    assert kitchen.bakery.waiting == WAYS
    kitchen.work()
    expressions = [job.expression for job in kitchen.rendered]
    assert expressions[:3] == [(0.0, 1.0, 0.0), (1 / 16, 15 / 16, 0.0), (0.0, 15 / 16, 1 / 16)]
    assert expressions[-2:] == [(1.0, 0.0, 0.0), (0.0, 0.0, 1.0)]
    assert len(set(expressions)) == WAYS
    assert [job.patch for job in kitchen.rendered] == [False] + [True] * (WAYS - 1)
    assert [news.over for news in kitchen.bakery.news] == [False, False, False, True]
    assert kitchen.bakery.news[-1] == News(7, WAYS, WAYS, True)
    assert kitchen.bakes == {"finished": 1}
    assert all(job.atlas_key in kitchen.atlas for job in kitchen.rendered)


def test_what_is_there_is_not_rendered_again() -> None:
    kitchen = Kitchen()
    kitchen.bakery.put(pattern(), NEUTRAL)
    kitchen.work()
    kitchen.bakery.news.clear()
    news = kitchen.bakery.put(pattern(view=8), NEUTRAL)  # another character with the same face
    assert news == News(8, WAYS, WAYS, True)
    kitchen.work()
    assert len(kitchen.rendered) == WAYS
    assert kitchen.bakery.news == []


def test_a_second_watcher_does_not_start_it_again_and_another_face_does() -> None:
    kitchen = Kitchen()
    kitchen.bakery.put(pattern(), NEUTRAL)
    kitchen.work(5)
    assert kitchen.bakery.put(pattern(), NEUTRAL) is None
    assert kitchen.bakery.waiting == WAYS - 5
    kitchen.bakery.put(pattern(face="sora"), NEUTRAL)
    assert kitchen.bakery.waiting == WAYS
    assert kitchen.bakes == {"dropped": 1}


def test_only_who_has_the_face_bakes_it() -> None:
    kitchen = Kitchen()
    kitchen.bakery.put(pattern(face="sora"), NEUTRAL)
    assert kitchen.bakery.take(lambda job: job.face.key == "haru") is None
    assert kitchen.bakery.take(lambda job: job.face.key == "sora") is not None


def test_two_characters_with_one_face_share_one_bake() -> None:
    kitchen = Kitchen()
    for view in (7, 8):
        kitchen.bakery.put(pattern(view), NEUTRAL)
    kitchen.work()
    assert len(kitchen.rendered) == WAYS
    assert [news.view for news in kitchen.bakery.news if news.over] in ([7, 8], [8, 7])


def test_views_take_turns() -> None:
    kitchen = Kitchen()
    kitchen.bakery.put(pattern(7, "haru"), NEUTRAL)
    kitchen.bakery.put(pattern(8, "sora"), NEUTRAL)
    kitchen.work(6)
    assert [job.view for job in kitchen.rendered] == [7, 8, 7, 8, 7, 8]


def test_the_last_frame_on_its_way_is_waited_for() -> None:
    kitchen = Kitchen()
    kitchen.bakery.put(pattern(), NEUTRAL)
    kitchen.work(WAYS - 1)
    last = kitchen.bakery.take()
    assert last is not None
    assert kitchen.bakery.take() is None
    assert not kitchen.bakery.news[-1].over
    kitchen.bakery.rendered(last.jobs[0])  # it may have failed: that is no reason to wait for ever
    assert kitchen.bakery.news[-1].over


def test_a_bake_ends_with_its_view() -> None:
    kitchen = Kitchen()
    kitchen.bakery.put(pattern(), NEUTRAL)
    flying = kitchen.bakery.take()
    assert flying is not None
    kitchen.bakery.drop(7)
    kitchen.bakery.rendered(flying.jobs[0])
    assert kitchen.bakery.take() is None
    assert kitchen.bakery.news == []
    assert kitchen.bakes == {"dropped": 1}


def test_a_frame_that_is_shown_does_not_count() -> None:
    kitchen = Kitchen()
    kitchen.bakery.put(pattern(), NEUTRAL)
    shown = FrameJob(**{name: getattr(pattern(), name) for name in FrameJob.__slots__} | {"n": 3})
    kitchen.bakery.rendered(shown)
    assert kitchen.bakery.waiting == WAYS


def test_it_takes_half_of_the_atlas_and_evicts_nothing() -> None:
    kitchen = Kitchen(room=20_000)
    kitchen.atlas.put("shown before", Picture(bytes(3000), None))
    kitchen.bakery.put(pattern(), NEUTRAL)
    kitchen.work()
    stats = kitchen.atlas.stats()
    assert 9_000 < stats.bytes < 11_000
    assert stats.evictions == 0
    assert "shown before" in kitchen.atlas
    assert kitchen.bakery.news[-1].over
    assert kitchen.bakery.news[-1].done == len(kitchen.rendered) < WAYS
    assert kitchen.bakes == {"full": 1}


def test_too_many_are_refused() -> None:
    kitchen = Kitchen()
    for view in range(1, BAKES + 1):
        kitchen.bakery.put(pattern(view, f"face {view}"), NEUTRAL)
    news = kitchen.bakery.put(pattern(BAKES + 1, "one more"), NEUTRAL)
    assert news == News(BAKES + 1, 0, WAYS, True)
    assert kitchen.bakery.waiting == BAKES * WAYS
    assert kitchen.bakes == {"refused": 1}


def test_emotions_without_a_neutral_one_start_from_nothing() -> None:
    kitchen = Kitchen()
    kitchen.bakery.put(pattern(), None)
    kitchen.work()
    expressions = [job.expression for job in kitchen.rendered]
    assert expressions[0] == (0.0, 0.0, 0.0)
    assert len(expressions) == len(set(expressions)) == 3 * 16 + 1
