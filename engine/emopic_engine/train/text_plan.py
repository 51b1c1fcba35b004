"""What a training is made from: the job, its lines by use, and the name of its run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from emopic_engine.emotions import Emotions
from emopic_engine.errors import InputError
from emopic_engine.text.config import MAX_TOKENS, WEIGHTS_FILE
from emopic_engine.text.normalize import normalize
from emopic_engine.text.perturb import no_spaces
from emopic_engine.text.tokenizer import find_tokenizer
from emopic_engine.train.text_data import by_name, cut_off, read_training
from emopic_engine.train.text_lines import TrainLine
from emopic_engine.train.text_log import TRAIN
from emopic_engine.train.text_settings import Settings

DEV, TEST = "dev", "test"


@dataclass(frozen=True)
class Source:
    """A file of labelled lines, and what each of them weighs."""

    path: Path
    weight: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Source:
        """`FILE`, or `FILE@WEIGHT`. Raises `InputError` for a weight below 0."""
        path, at, weight = text.rpartition("@")
        try:
            source = cls(Path(path), float(weight)) if at else cls(Path(text))
        except ValueError:
            return cls(Path(text))  # the @ belongs to the name
        if not 0 <= source.weight < float("inf"):
            raise InputError(f"{text}: the weight must be at least 0")
        return source

    def read(self, emotions: Emotions, *, soft: bool) -> list[TrainLine]:
        """The lines. Raises `DataError`."""
        lines = read_training(self.path, emotions, soft=soft)
        return [replace(line, weight=line.weight * self.weight) for line in lines]


@dataclass(frozen=True)
class Job:
    """One training: what, from what, where to, and how.

    `base` is a directory or a name on the hub. `tests` are measured on only; without them
    `test_share` of the lines is cut off and called `test`; `extra` lines are only trained on.
    The best epoch and the temperature come from `dev`, or from `dev_share` of what is left; where
    both are missing (None, 0) from the first test, as in the original KoBERT project, which
    flatters the figure on it. `share` of what remains is trained on, for learning curves.

    `teachers` and `unlabelled` are for distilling: every line gets the teachers' mean logits, and
    unlabelled ones take part where the teachers are `sure` enough; with `ngram_teacher` character
    n-grams that have not seen the line teach beside them. `layers` of the base's are kept.
    """

    lines: tuple[Source, ...]
    base: str
    out: Path
    work: Path
    extra: tuple[Source, ...] = ()
    settings: Settings = field(default_factory=Settings)
    tests: tuple[Path, ...] = ()
    test_share: float = 0.2
    dev: Path | None = None
    dev_share: float = 0.1
    share: float = 1.0
    soft: bool = True
    teachers: tuple[Path, ...] = ()
    unlabelled: tuple[str, ...] = ()
    unlabelled_weight: float = 0.5
    sure: float = 0.0
    ngram_teacher: bool = False
    layers: int | None = None
    max_tokens: int = MAX_TOKENS
    int8: bool = False


@dataclass(frozen=True)
class Parts:
    """The lines of a job, by use.

    `chosen_on` names the part that decides epoch and temperature; `left_out` counts lines that
    were to be trained on, but stand among the tests.
    """

    train: list[TrainLine]
    tests: dict[str, list[TrainLine]]
    chosen_on: str
    left_out: int = 0

    @property
    def tested(self) -> set[str]:
        """The texts of all tests, as `same_text` gives them."""
        return {same_text(line.text) for lines in self.tests.values() for line in lines}


def same_text(text: str) -> str:
    """Equal for lines that differ only in spaces, case, or what the model never sees."""
    return no_spaces(normalize(text)).casefold()


def check(job: Job) -> None:
    """Raise `InputError` for what cannot work, before anything is read."""
    if job.unlabelled and not job.teachers:
        raise InputError("unlabelled lines need a teacher that answers them: give --teacher")
    if job.ngram_teacher and not job.teachers:
        raise InputError("n-grams teach beside a model: give --teacher")
    if not 0 < job.share <= 1:
        raise InputError(f"the share to train on must be above 0, at most 1, got {job.share}")
    for name, share in (("test share", job.test_share), ("dev share", job.dev_share)):
        if not 0 <= share < 1:
            raise InputError(f"the {name} must be from 0 to below 1, got {share}")


def read_parts(job: Job) -> Parts:
    """Read and cut the lines. Raises `DataError` and `InputError`."""
    emotions, seed = job.settings.emotions, job.settings.seed
    lines = [line for source in job.lines for line in source.read(emotions, soft=job.soft)]
    extra = [line for source in job.extra for line in source.read(emotions, soft=job.soft)]
    files = by_name(job.tests, TRAIN, *([DEV] if job.dev or job.dev_share else []))
    tests = {name: read_training(path, emotions, soft=False) for name, path in files.items()}
    if not tests and job.test_share:
        lines, tests[TEST] = cut_off(lines, job.test_share, seed)
    if job.dev is not None:
        tests[DEV] = read_training(job.dev, emotions, soft=False)
    elif job.dev_share:
        lines, tests[DEV] = cut_off(lines, job.dev_share, seed + 1)
    if not tests:
        raise InputError("there is nothing to choose the best epoch on: give a test or a dev part")
    if job.share < 1:
        _, lines = cut_off(lines, job.share, seed + 2)
    return _apart([*lines, *extra], tests)


def _apart(lines: Sequence[TrainLine], tests: dict[str, list[TrainLine]]) -> Parts:
    """No line to train on stands among the tests."""
    parts = Parts([], tests, DEV if DEV in tests else next(iter(tests)))
    tested = parts.tested
    kept = [line for line in lines if same_text(line.text) not in tested]
    return replace(parts, train=kept, left_out=len(lines) - len(kept))


def run_key(job: Job, base: Path) -> str:
    """A name for everything that decides the run, so that no other run's state is picked up."""
    plain = {
        name: getattr(job, name)
        for name in (
            "test_share",
            "dev_share",
            "share",
            "soft",
            "unlabelled_weight",
            "sure",
            "ngram_teacher",
            "layers",
        )
    }
    sources = (*job.lines, *job.extra)
    plain |= {"settings": job.settings.key(), "max_tokens": job.max_tokens}
    plain |= {"weights": [source.weight for source in sources], "lines": len(job.lines)}
    digest = hashlib.sha256(json.dumps(plain, default=str, sort_keys=True).encode())
    unlabelled = [Path(source.rpartition(":")[2]) for source in job.unlabelled]
    teachers = [folder / WEIGHTS_FILE for folder in job.teachers]
    tests = [*job.tests, job.dev] if job.dev else [*job.tests]
    given = [*(source.path for source in sources), *tests, *unlabelled, *teachers]
    for path in (*given, base / WEIGHTS_FILE, find_tokenizer(base)):
        digest.update(_hash(path))
    return digest.hexdigest()[:16]


def _hash(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
