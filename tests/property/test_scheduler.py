"""The scheduler under any load, on a simulated clock."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from emopic_server.core.scheduler import Bounds, FairQueue, Scheduler
from emopic_server.core.work import Classify, FrameJob, LineJob, Register, RegisterJob, Render, Work
from emopic_server.errors import Refusal

BOUNDS = Bounds(lines=12, uploads=3, line_batch=4, frame_batch=2, patience=5)
SESSIONS = ("s0", "s1", "s2")


@dataclass(frozen=True)
class Face:
    key: str = "face"
    width: int = 64
    height: int = 64
    source: str = "builtin"


def line(session: str, line_id: str, text: str = "", *, partial: bool = False) -> LineJob:
    return LineJob(session, (session, "a"), line_id, text, partial, 0.0, 0.0, text)


def register(session: str, name: str, generation: int = 0) -> RegisterJob:
    return RegisterJob(session, (session, name), generation, b"face", None)


def frame(owner: str, view: int, n: int) -> FrameJob:
    return FrameJob(
        face=Face(),
        expression=(float(n),),
        size=64,
        format="jpeg",
        quality=85,
        patch=False,
        character=(owner, "a"),
        view=view,
        generation=0,
        n=n,
        line=None,
        owner=owner,
    )


def check_busy(refusal: Refusal, ref: str) -> None:
    assert refusal.code == "busy"
    assert refusal.ref == ref
    assert refusal.retry_ms is not None
    assert refusal.retry_ms > 0


@dataclass
class Model:
    """What went in, what came out, and when the engine was free to take."""

    scheduler: Scheduler = field(default_factory=lambda: Scheduler(BOUNDS))
    accepted: list[LineJob] = field(default_factory=list)
    refused: list[LineJob] = field(default_factory=list)
    taken: list[Work] = field(default_factory=list)

    def put(self, job: LineJob) -> None:
        try:
            self.scheduler.put_line(job)
        except Refusal as refusal:
            check_busy(refusal, job.line)
            self.refused.append(job)
        else:
            self.accepted.append(job)

    def take(self) -> Work | None:
        work = self.scheduler.take()
        if work is not None:
            self.taken.append(work)
        return work

    def drain(self) -> None:
        while self.take() is not None:
            pass

    @property
    def lines(self) -> list[LineJob]:
        return [job for work in self.taken if isinstance(work, Classify) for job in work.jobs]


LINES = st.tuples(st.just("line"), st.sampled_from(SESSIONS), st.sampled_from("xyz"), st.booleans())
FRAMES = st.tuples(st.just("frame"), st.sampled_from(SESSIONS), st.integers(0, 2), st.booleans())
REGISTERS = st.tuples(st.just("register"), st.sampled_from(SESSIONS), st.sampled_from("abc"))
TAKES = st.tuples(st.just("take"))
STEPS = st.lists(st.one_of(LINES, FRAMES, REGISTERS, TAKES), max_size=120)


def play(steps: list[tuple[object, ...]]) -> Model:
    model = Model()
    for number, step in enumerate(steps):
        match step:
            case ("line", str(session), str(line_id), bool(partial)):
                model.put(line(session, line_id, str(number), partial=partial))
            case ("frame", str(owner), int(view), bool(urgent)):
                model.scheduler.put_frame(frame(owner, view, number), urgent=urgent)
            case ("register", str(session), str(name)):
                try:
                    model.scheduler.put_register(register(session, name, number))
                except Refusal as refusal:
                    check_busy(refusal, name)
            case _:
                model.take()
    return model


@given(STEPS)
def test_every_complete_line_is_classified_once_or_refused(steps: list[tuple[object, ...]]) -> None:
    model = play(steps)
    model.drain()
    complete = [job for job in model.accepted if not job.partial]
    answered = [job for job in model.lines if not job.partial]
    assert sorted(complete, key=_text) == sorted(answered, key=_text)


@given(STEPS)
def test_a_partial_line_is_dropped_only_for_a_newer_one_of_its_id(
    steps: list[tuple[object, ...]],
) -> None:
    model = play(steps)
    model.drain()
    for job in model.accepted:
        if job not in model.lines:
            newer = [
                other
                for other in model.lines
                if (other.session, other.line) == (job.session, job.line)
                and int(other.text) > int(job.text)
            ]
            assert job.partial
            assert newer


@given(STEPS)
def test_lines_of_one_session_and_id_stay_in_order(steps: list[tuple[object, ...]]) -> None:
    model = play(steps)
    model.drain()
    for session in SESSIONS:
        for line_id in "xyz":
            numbers = [
                int(job.text)
                for job in model.lines
                if (job.session, job.line) == (session, line_id)
            ]
            assert numbers == sorted(numbers)


@given(STEPS)
def test_no_more_waits_than_the_bounds_allow(steps: list[tuple[object, ...]]) -> None:
    model = play(steps)
    assert model.scheduler.depth("lines") <= BOUNDS.lines
    assert model.scheduler.depth("register") <= BOUNDS.uploads
    frames = model.scheduler.depth("urgent") + model.scheduler.depth("frames")
    assert frames <= len(SESSIONS) * 3, "one for each view"


@given(STEPS)
def test_batches_keep_their_limits(steps: list[tuple[object, ...]]) -> None:
    model = play(steps)
    model.drain()
    for work in model.taken:
        match work:
            case Classify(jobs=jobs):
                assert 1 <= len(jobs) <= BOUNDS.line_batch
            case Render(jobs=frames):
                assert 1 <= len(frames) <= BOUNDS.frame_batch
            case Register():
                pass


@given(STEPS)
def test_the_newest_frame_of_a_view_is_the_last_one_rendered(
    steps: list[tuple[object, ...]],
) -> None:
    model = play(steps)
    model.drain()
    newest: dict[tuple[object, object], int] = {}
    for number, step in enumerate(steps):
        if step[0] == "frame":
            newest[step[1], step[2]] = number
    rendered: dict[tuple[object, object], int] = {}
    for work in model.taken:
        if isinstance(work, Render):
            for job in work.jobs:
                assert rendered.get((job.owner, job.view), -1) < job.n
                rendered[job.owner, job.view] = job.n
    assert rendered == newest


@given(st.lists(st.sampled_from(["lines", "register", "frame", "urgent"]), max_size=8))
def test_a_flood_of_lines_starves_nothing(others: list[str]) -> None:
    """With a line always waiting, whatever else waits is taken within a bounded time."""
    model = Model()
    for number, kind in enumerate(others):
        if kind == "register":
            model.scheduler.put_register(register("s1", str(number % 3)))
        elif kind != "lines":
            model.scheduler.put_frame(frame("s1", number, number), urgent=kind == "urgent")
    bound = (BOUNDS.patience + 3) * (len(others) + 1)
    for number in range(bound):
        model.put(line("s0", str(number)))
        model.take()
    rest = sum(model.scheduler.depth(kind) for kind in ("urgent", "register", "frames"))
    assert rest == 0


@given(st.integers(1, 30))
def test_lines_go_before_frames(count: int) -> None:
    model = Model()
    model.scheduler.put_frame(frame("s0", 1, 0), urgent=True)
    model.scheduler.put_frame(frame("s0", 2, 1), urgent=False)
    model.put(line("s0", str(count)))
    assert [type(model.take()) for _ in range(2)] == [Classify, Render]


@given(st.integers(20, 200))
def test_one_who_floods_waits_for_itself_only(flood: int) -> None:
    """The other's single line is in the next batch, however much the first one has queued."""
    model = Model()
    for number in range(flood):
        model.put(line("s0", str(number)))
    model.put(line("s1", "only"))
    assert not [job for job in model.refused if job.session == "s1"]
    work = model.take()
    assert isinstance(work, Classify)
    assert "only" in [job.line for job in work.jobs]


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["put", "pop", "take"]), st.sampled_from("ab"), st.integers(0, 3)),
    max_size=60,
)


@given(OPERATIONS)
def test_a_fair_queue_counts_what_it_holds(operations: list[tuple[str, str, int]]) -> None:
    queue: FairQueue[str] = FairQueue()
    held: dict[tuple[str, int], str] = {}
    for name, owner, key in operations:
        if name == "put":
            queue.put(owner, key, f"{owner}{key}")
            held[owner, key] = f"{owner}{key}"
        elif name == "pop":
            assert queue.pop(owner, key) == held.pop((owner, key), None)
        else:
            for item in queue.take(1):
                held.pop((item[0], int(item[1])))
        assert len(queue) == len(held)
        assert queue.owners == len({owner for owner, _ in held})


def _text(job: LineJob) -> int:
    return int(job.text)
