"""How many generated faces show what they should, as named by a small classifier.

The judge learns on real pictures of the very data a generator learns from, never on generated
ones, and is asked about people that neither has seen. It says whether the wanted expression can
be recognised; it says nothing about how good a picture looks.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from emopic_engine.emotions import Emotions
from emopic_engine.errors import DataError, ModelError
from emopic_engine.face.stargan import Generator, load_stargan

from .stargan_data import FaceFolders, FacePictures, StepPlaces, batches
from .stargan_loss import one_hot
from .text_log import new_figure

SIDE = 64  # pixels that the judge looks at
WIDTHS = (24, 48, 96, 128)
BATCH, RATE, SHIFT = 32, 2e-3, 4
_NAME = re.compile(r"(\d+)-G\.ckpt")


class JudgeNet(nn.Module):
    """Faces [N, 3, S, S] in [-1, 1] of any size → logits [N, K]."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        width = 3
        for wider in WIDTHS:
            layers += [
                nn.Conv2d(width, wider, 3, 2, 1, bias=False),
                nn.BatchNorm2d(wider),
                nn.ReLU(inplace=True),
            ]
            width = wider
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(width * (SIDE >> len(WIDTHS)) ** 2, classes)

    def forward(self, faces: Tensor) -> Tensor:
        small = faces
        if faces.shape[-1] != SIDE:
            small = F.interpolate(faces, (SIDE, SIDE), mode="bilinear", antialias=True)
        logits: Tensor = self.head(F.dropout(self.body(small).flatten(1), 0.3, self.training))
        return logits


@dataclass(frozen=True)
class Judge:
    """A trained judge and the emotions it names."""

    net: JudgeNet
    emotions: Emotions

    @torch.no_grad()
    def __call__(self, faces: Tensor) -> NDArray[np.int64]:
        """The emotion of each face, by index, int64 [N]."""
        named: NDArray[np.int64] = self.net.eval()(faces).argmax(1).numpy()
        return named


def train_judge(
    data: FaceFolders,
    out: Path,
    steps: int = 1500,
    seed: int = 0,
    advance: Callable[[int, str], None] = lambda _step, _text: None,
) -> Judge:
    """Train a judge on the CPU and keep it in the file `out`."""
    torch.manual_seed(seed)
    net = JudgeNet(len(data.emotions)).train()
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    pictures = FacePictures(data, SIDE)
    places = StepPlaces(len(pictures), BATCH, seed, 0, steps)
    for step, (faces, labels) in enumerate(batches(pictures, places, workers=0), 1):
        loss = F.cross_entropy(net(_moved_about(faces, seed, step)), labels, label_smoothing=0.1)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        advance(step, f"loss {loss.item():.3f}")
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"emotions": data.emotions.spec, "net": net.state_dict()}, out)
    return Judge(net, data.emotions)


def load_judge(path: Path) -> Judge:
    """Raises `ModelError` when the file holds no judge."""
    try:
        state = torch.load(path, weights_only=True)
        emotions = Emotions.parse(state["emotions"])
        net = JudgeNet(len(emotions))
        net.load_state_dict(state["net"])
    except Exception as error:  # unpickling raises many unrelated types
        raise ModelError(f"{path} is not a judge of `train stargan-judge`: {error}") from error
    return Judge(net, emotions)


def _moved_about(faces: Tensor, seed: int, step: int) -> Tensor:
    """The batch shifted by up to `SHIFT` pixels, lighter or darker, softer or noisier."""
    rng = np.random.default_rng([seed, 7, step])
    down, right = (int(value) for value in rng.integers(-SHIFT, SHIFT + 1, 2))
    padded = F.pad(faces, (SHIFT,) * 4, mode="replicate")
    top, left = SHIFT + down, SHIFT + right
    moved = padded[:, :, top : top + faces.shape[2], left : left + faces.shape[3]]
    if rng.random() < 0.5:  # generated faces are a little soft: softness must not decide
        side = int(rng.integers(SIDE // 2, SIDE))
        small = F.interpolate(moved, (side, side), mode="bilinear", antialias=True)
        moved = F.interpolate(small, faces.shape[2:], mode="bilinear")
    gain = torch.from_numpy(rng.uniform(0.8, 1.2, (len(faces), 1, 1, 1))).float()
    noise = torch.from_numpy(rng.normal(0, rng.uniform(0, 0.08), tuple(faces.shape))).float()
    return (moved * gain + noise).clamp(-1, 1)


@dataclass(frozen=True)
class Verdict:
    """Shares in [0, 1] of generated faces named as wanted: of all, and for each wanted emotion.

    `changed` is the mean absolute difference to the source, in [0, 2].
    """

    step: int
    accuracy: float
    by_emotion: dict[str, float]
    changed: float


def judge_pictures(judge: Judge, faces: Tensor, labels: NDArray[np.int64]) -> float:
    """The share of real faces [N, 3, S, S] that the judge names rightly."""
    return float((judge(faces) == labels).mean())


def judge_generator(
    judge: Judge, net: Generator, faces: Tensor, labels: NDArray[np.int64], step: int
) -> Verdict:
    """Render every face as every other emotion and let the judge name what it sees.

    Copying the source would earn nothing, since its own emotion is never asked for.
    """
    right: dict[str, float] = {}
    changes: list[float] = []
    for wanted, name in enumerate(judge.emotions.names):
        others = torch.from_numpy(labels != wanted)
        made = list(_rendered(net, faces[others], wanted, len(judge.emotions)))
        right[name] = float((judge(torch.cat(made)) == wanted).mean())
        changes.append(float((torch.cat(made) - faces[others]).abs().mean()))
    return Verdict(step, float(np.mean(list(right.values()))), right, float(np.mean(changes)))


@torch.no_grad()
def _rendered(net: Generator, faces: Tensor, wanted: int, domains: int) -> Iterator[Tensor]:
    for start in range(0, len(faces), BATCH):
        part = faces[start : start + BATCH]
        yield net(part, one_hot(torch.full((len(part),), wanted), domains))


def judge_run(
    run: Path,
    judge: Judge,
    data: FaceFolders,
    size: int,
    track: Callable[[Sequence[Path]], Iterable[Path]] = lambda paths: paths,
) -> list[Verdict]:
    """A verdict on each `<step>-G.ckpt` of a run; writes `judged.csv` and `judged.png` into it.

    `data` are people that were not trained on. Raises `DataError` when emotions differ or the run
    kept no generator.
    """
    if data.emotions != judge.emotions:
        raise DataError(
            f"the judge knows {judge.emotions.spec}, the pictures show {data.emotions.spec}"
        )
    kept = sorted((int(found[1]), path) for path in run.iterdir() if (found := _match(path)))
    if not kept:
        raise DataError(f"{run} holds no <step>-G.ckpt")
    faces, labels = all_pictures(data, size)
    steps = {path: step for step, path in kept}
    verdicts = [
        judge_generator(judge, load_stargan(path), faces, labels, steps[path])
        for path in track([path for _, path in kept])
    ]
    write_verdicts(run / "judged.csv", verdicts)
    draw_verdicts(run / "judged.png", verdicts, judge_pictures(judge, faces, labels))
    return verdicts


def _match(path: Path) -> re.Match[str] | None:
    return _NAME.fullmatch(path.name)


def all_pictures(data: FaceFolders, size: int) -> tuple[Tensor, NDArray[np.int64]]:
    """Every picture [N, 3, size, size] in [-1, 1], in memory, and its label."""
    pictures = FacePictures(data, size)
    return torch.stack([pictures[index, False][0] for index in range(len(pictures))]), data.labels


def write_verdicts(path: Path, verdicts: Sequence[Verdict]) -> None:
    """One row for each generator."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["step", "accuracy", *verdicts[0].by_emotion, "changed"])
        for verdict in verdicts:
            shares = [verdict.accuracy, *verdict.by_emotion.values(), verdict.changed]
            rows.writerow([verdict.step, *(f"{share:.4f}" for share in shares)])


def draw_verdicts(path: Path, verdicts: Sequence[Verdict], real: float) -> None:
    """Accuracy by step, for all and for each emotion, with the judge's own on real pictures."""
    figure = new_figure(8, 4.5)
    axes = figure.subplots()
    steps = [verdict.step for verdict in verdicts]
    for name in verdicts[0].by_emotion:
        axes.plot(steps, [v.by_emotion[name] for v in verdicts], linewidth=1, alpha=0.6, label=name)
    axes.plot(steps, [v.accuracy for v in verdicts], "k", linewidth=2.5, label="all")
    axes.axhline(real, color="grey", linestyle="--", label="real pictures")
    axes.set(xlabel="step", ylabel="named as wanted", ylim=(0, 1))
    axes.set_title("generated faces of people that were not trained on")
    axes.grid(alpha=0.3)
    axes.legend(ncols=2, fontsize=8)
    figure.savefig(path, dpi=100)
