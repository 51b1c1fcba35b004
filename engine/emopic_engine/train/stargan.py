"""Training of StarGAN as published: `emopic train stargan`.

Two things are not taken over from the published solver. Its learning rate hardly falls, because
the step meant for every iteration is taken once in a thousand; ours falls in a straight line, as
the paper says. And its steps are drawn from one stream of random numbers; ours depend on the seed
and the step, so that a run that was stopped goes on with the very numbers it would have had.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from emopic_engine.emotions import Emotions
from emopic_engine.errors import BackendUnavailable, DataError
from emopic_engine.face.stargan import Generator

from .stargan_critic import Discriminator
from .stargan_data import (
    FaceFolders,
    FacePictures,
    StepPlaces,
    batches,
    some_of_each,
    with_wanted,
)
from .stargan_log import StarganLog, write_sheet
from .stargan_loss import (
    StarganBatch,
    critic_losses,
    critic_total,
    generator_losses,
    generator_total,
    one_hot,
)
from .stargan_settings import StarganSettings

CHECKPOINT = "checkpoint.pt"
CHECKPOINT_STEPS = 500


@dataclass(frozen=True)
class Machine:
    """Where a run runs; changes nothing in it but its speed and, on CUDA, the last digits."""

    device: str = "cpu"
    threads: int = 0  # of the CPU; 0: PyTorch's own choice
    workers: int = 0  # processes that read pictures


def train_stargan(
    data: FaceFolders,
    out: Path,
    settings: StarganSettings,
    machine: Machine | None = None,
    *,
    resume: bool = False,
    advance: Callable[[int, str], None] = lambda _step, _text: None,
) -> Path:
    """Train into `out` and return the last generator's checkpoint, `<iterations>-G.ckpt`.

    `out` gets `checkpoint.pt` to resume from, `<step>-G.ckpt` and `<step>-D.ckpt` under the
    published names, `samples/`, `losses.csv` and `losses.png`. `advance` is told each step.
    Raises `DataError` when `out` holds a run and `resume` is off, or holds another run.
    """
    machine = machine or Machine()
    if (out / CHECKPOINT).exists() and not resume:
        raise DataError(f"{out} already holds a run: add --resume or choose another folder")
    if machine.device.startswith("cuda") and not torch.cuda.is_available():
        raise BackendUnavailable(f"device {machine.device} was asked for, but there is no CUDA")
    if machine.threads:
        torch.set_num_threads(machine.threads)
    out.mkdir(parents=True, exist_ok=True)
    run = StarganRun(data, out, settings, machine)
    if (out / CHECKPOINT).exists():
        run.load()
    else:
        run.write_settings()
    run.work(advance)
    return run.generator_path(settings.iterations)


class StarganRun:
    """Both networks, their optimisers, the data and the record of one run."""

    def __init__(
        self, data: FaceFolders, out: Path, settings: StarganSettings, machine: Machine
    ) -> None:
        torch.manual_seed(settings.seed)
        self.out, self.settings, self.machine = out, settings, machine
        self.emotions: Emotions = data.emotions
        self.domain = None if settings.domain is None else data.emotions.index(settings.domain)
        self.domains = len(data.emotions)
        self.generator = Generator(settings.conv_dim, self.domains, settings.blocks)
        self.critic = Discriminator(
            settings.size, settings.critic_dim, self.domains, settings.critic_layers
        )
        self.generator.to(machine.device)
        self.critic.to(machine.device)
        self.generator_optimiser = self._adam(self.generator)
        self.critic_optimiser = self._adam(self.critic)
        self.pictures = FacePictures(data, settings.size, settings.crop)
        self.log = StarganLog(out)
        self.step = 0

    def _adam(self, net: torch.nn.Module) -> torch.optim.Adam:
        return torch.optim.Adam(net.parameters(), self.settings.rate, self.settings.betas)

    def work(self, advance: Callable[[int, str], None]) -> None:
        """Train until the last iteration."""
        settings = self.settings
        places = StepPlaces(
            len(self.pictures), settings.batch, settings.seed, self.step, settings.iterations
        )
        for pictures, labels in batches(self.pictures, places, self.machine.workers):
            batch = with_wanted(pictures, labels, settings.seed, self.step, self.domain)
            self.train_step(_moved(batch, self.machine.device))
            self._keep_record()
            advance(self.step, self.log.latest)

    def train_step(self, batch: StarganBatch) -> None:
        """One step of the critic, and of the generator where it is its turn."""
        settings = self.settings
        rate = settings.rate_at(self.step)
        losses = critic_losses(self.critic, self.generator, batch, self.domains)
        _descend(self.critic_optimiser, critic_total(losses, settings.weights), rate)
        self.log.add("critic", losses)
        self.step += 1
        if self.step % settings.critic_steps == 0:
            losses = generator_losses(self.critic, self.generator, batch, self.domains)
            _descend(self.generator_optimiser, generator_total(losses, settings.weights), rate)
            self.log.add("generator", losses)

    def _keep_record(self) -> None:
        settings, last = self.settings, self.step == self.settings.iterations
        if self.step % settings.log_every == 0 or last:
            self.log.close_row(self.step, settings.rate_at(self.step - 1))
        if self.step % settings.sample_every == 0 or last:
            self.write_sample()
            self.log.draw()
        if self.step % settings.save_every == 0 or last:
            _save(self.generator.state_dict(), self.generator_path(self.step))
            _save(self.critic.state_dict(), self.out / f"{self.step}-D.ckpt")
        if self.step % CHECKPOINT_STEPS == 0 or last:
            self.save()

    def generator_path(self, step: int) -> Path:
        """Where the generator of a step is kept, by its published name."""
        return self.out / f"{step}-G.ckpt"

    @torch.no_grad()
    def write_sample(self) -> None:
        """A sheet `samples/<step>.jpg`: a face in each row, then each domain that is learned."""
        places = some_of_each(self.pictures.folders, self.settings.rows, self.settings.seed)
        sources = torch.stack([self.pictures[place, False][0] for place in places])
        columns = [sources]
        for domain in range(self.domains) if self.domain is None else (self.domain,):
            wanted = one_hot(torch.full((len(sources),), domain), self.domains)
            device = self.machine.device
            columns.append(self.generator(sources.to(device), wanted.to(device)).cpu())
        write_sheet(self.out / "samples" / f"{self.step:06d}.jpg", columns)

    def write_settings(self) -> None:
        """`settings.json`, for people; the checkpoint holds the same."""
        values = {"emotions": self.emotions.spec, **self.settings.to_dict()}
        text = json.dumps(values, indent=2, ensure_ascii=False)
        (self.out / "settings.json").write_text(text + "\n", encoding="utf-8")

    def save(self) -> None:
        """Write all that the next step depends on, whole or not at all."""
        state = {
            "generator": self.generator.state_dict(),
            "critic": self.critic.state_dict(),
            "generator_optimiser": self.generator_optimiser.state_dict(),
            "critic_optimiser": self.critic_optimiser.state_dict(),
            "step": self.step,
            "open_row": self.log.open_row,
            "emotions": self.emotions.spec,
            "settings": self.settings.to_dict(),
        }
        self.log.write()
        _save(state, self.out / CHECKPOINT)

    def load(self) -> None:
        """Go on from the checkpoint. Raises `DataError` when it is another run's."""
        path = self.out / CHECKPOINT
        state = torch.load(path, map_location=self.machine.device, weights_only=True)
        if state["emotions"] != self.emotions.spec:
            raise DataError(
                f"{path} has the emotions {state['emotions']}, not {self.emotions.spec}"
            )
        self.settings.check_resumes(state["settings"])
        for name in ("generator", "critic", "generator_optimiser", "critic_optimiser"):
            getattr(self, name).load_state_dict(state[name])
        self.step = state["step"]
        self.log.resume(self.step, state["open_row"])


def _descend(optimiser: torch.optim.Adam, loss: Tensor, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def _moved(batch: StarganBatch, device: str) -> StarganBatch:
    return StarganBatch(**{name: value.to(device) for name, value in vars(batch).items()})


def _save(state: dict[str, Any], path: Path) -> None:
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    temporary.replace(path)
