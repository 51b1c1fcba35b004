"""The commands `emopic data faces-folders` and `emopic train stargan|stargan-…`.

torch is imported inside them, so that `emopic --help` stays quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.progress import track as progress_bar
from rich.table import Table

from emopic_engine.console import UsageError, err, out
from emopic_engine.emotions import Emotions

DataOption = Annotated[
    Path, typer.Option(help="A folder with one folder of pictures for each emotion.")
]
EmotionsOption = Annotated[
    str | None,
    typer.Option(help="Emotions and their order, as joy,anger,…; default: all folders by name."),
]


def faces_folders(
    data: Annotated[Path, typer.Argument(help="A folder made by `emopic data faces`.")],
    out_dir: Annotated[Path, typer.Option("--out", help="New folder to write to.")],
) -> None:
    """Write synthetic faces as pictures, one folder for each emotion, held-out people apart."""
    from emopic_engine.data.faces.folders import write_folders

    for side, count in write_folders(data, out_dir).items():
        out.print(f"{out_dir / side}: {count:,} pictures", soft_wrap=True)


def stargan(
    data: DataOption,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder of the run.")],
    emotions: EmotionsOption = None,
    domain: Annotated[
        str | None, typer.Option(help="Learn to render this one emotion only.")
    ] = None,
    size: Annotated[int, typer.Option(help="Side in pixels: 128 or 256 as published.")] = 128,
    crop: Annotated[
        int, typer.Option(min=0, help="Centred square cut from a picture; 0: the largest.")
    ] = 0,
    conv_dim: Annotated[int, typer.Option(min=1, help="Width of the generator.")] = 64,
    blocks: Annotated[int, typer.Option(min=0, help="Its residual blocks.")] = 6,
    critic_dim: Annotated[int, typer.Option(min=1, help="Width of the discriminator.")] = 64,
    critic_layers: Annotated[int, typer.Option(min=1, help="Its layers.")] = 6,
    batch: Annotated[int, typer.Option(min=1)] = 16,
    iterations: Annotated[int, typer.Option(min=1)] = 200_000,
    rate: Annotated[float, typer.Option(min=0.0, help="Learning rate of both.")] = 1e-4,
    critic_steps: Annotated[
        int, typer.Option(min=1, help="Steps of the discriminator for one of the generator.")
    ] = 5,
    lambda_cls: Annotated[float, typer.Option(min=0.0)] = 1.0,
    lambda_rec: Annotated[float, typer.Option(min=0.0)] = 10.0,
    lambda_gp: Annotated[float, typer.Option(min=0.0)] = 10.0,
    seed: Annotated[int, typer.Option()] = 0,
    log_every: Annotated[int, typer.Option(min=1, help="Steps of a row in losses.csv.")] = 10,
    sample_every: Annotated[int, typer.Option(min=1, help="Steps between sheets.")] = 1_000,
    save_every: Annotated[int, typer.Option(min=1, help="Steps between *-G.ckpt.")] = 10_000,
    device: Annotated[str, typer.Option(help="cpu or cuda. Never substituted.")] = "cpu",
    threads: Annotated[int, typer.Option(min=0, help="Of the CPU; 0: all.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Processes that read pictures.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Continue a stopped run.")] = False,
) -> None:
    """Train StarGAN as published, on any pictures that lie in one folder for each emotion."""
    from .stargan import Machine, train_stargan
    from .stargan_data import read_folders
    from .stargan_loss import StarganWeights
    from .stargan_settings import StarganSettings

    settings = StarganSettings(
        size=size,
        crop=crop,
        conv_dim=conv_dim,
        blocks=blocks,
        critic_dim=critic_dim,
        critic_layers=critic_layers,
        batch=batch,
        iterations=iterations,
        rate=rate,
        critic_steps=critic_steps,
        weights=StarganWeights(lambda_cls, lambda_rec, lambda_gp),
        domain=domain,
        seed=seed,
        log_every=log_every,
        sample_every=sample_every,
        save_every=save_every,
    )
    folders = read_folders(data, _emotions(emotions))
    err.print(
        ", ".join(f"{name} {count:,}" for name, count in folders.counts.items()), soft_wrap=True
    )
    with _steps("Training", iterations) as advance:
        checkpoint = train_stargan(
            folders,
            out_dir,
            settings,
            Machine(device, threads, workers),
            resume=resume,
            advance=advance,
        )
    out.print(str(checkpoint), markup=False, soft_wrap=True)


def stargan_export(
    checkpoint: Annotated[Path, typer.Argument(help="<step>-G.ckpt, of a run or published.")],
    out_dir: Annotated[Path, typer.Option("--out", help="Model directory to write.")],
    emotions: Annotated[
        str | None,
        typer.Option(help="Its domains in order, as joy,anger,…; default: those of the run."),
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="Side it was trained at; default: the run's.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option(help="Ask for this one emotion only; default: as the run did.")
    ] = None,
    cover: Annotated[
        str, typer.Option(help="Take over what has `changed`, or `all` of the face.")
    ] = "changed",
) -> None:
    """Write a model directory from a checkpoint: the server's `face_model`."""
    from .stargan_export import export_stargan, stargan_config

    if not checkpoint.is_file():
        raise UsageError(f"there is no checkpoint {checkpoint}")
    export_stargan(checkpoint, out_dir, stargan_config(checkpoint, emotions, size, domain, cover))
    out.print(str(out_dir), markup=False, soft_wrap=True)


def stargan_judge(
    data: DataOption,
    held_out: Annotated[Path, typer.Option(help="The same of people not trained on.")],
    out_file: Annotated[Path, typer.Option("--out", help="File to write.")],
    emotions: EmotionsOption = None,
    steps: Annotated[int, typer.Option(min=1)] = 1_500,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Train a small classifier on real pictures, to judge generated ones with."""
    from .stargan_data import read_folders
    from .stargan_judge import SIDE, all_pictures, judge_pictures, train_judge

    folders, others = (read_folders(path, _emotions(emotions)) for path in (data, held_out))
    if folders.emotions != others.emotions:
        raise UsageError(f"{data} and {held_out} hold different emotions")
    with _steps("Training", steps) as advance:
        judge = train_judge(folders, out_file, steps, seed, advance)
    accuracy = judge_pictures(judge, *all_pictures(others, SIDE))
    out.print(f"{out_file}: {accuracy:.3f} of {len(others.paths)} unseen pictures named rightly")


def stargan_eval(
    run: Annotated[Path, typer.Argument(help="Folder of a run.")],
    held_out: Annotated[Path, typer.Option(help="Folders of people not trained on.")],
    judge_file: Annotated[Path, typer.Option("--judge", help="Made by `train stargan-judge`.")],
    size: Annotated[int, typer.Option(help="Side the run was trained at.")] = 128,
) -> None:
    """Let the judge name what every generator of a run has made: judged.csv and judged.png."""
    from .stargan_data import read_folders
    from .stargan_judge import judge_run, load_judge

    if not run.is_dir():
        raise UsageError(f"there is no run {run}")
    judge = load_judge(judge_file)
    people = read_folders(held_out, judge.emotions)
    verdicts = judge_run(
        run, judge, people, size, lambda paths: progress_bar(paths, "Judging", console=err)
    )
    table = Table("step", "named as wanted", *judge.emotions.names)
    for verdict in verdicts:
        shares = [f"{share:.3f}" for share in verdict.by_emotion.values()]
        table.add_row(f"{verdict.step:,}", f"{verdict.accuracy:.3f}", *shares)
    out.print(table)


def _emotions(spec: str | None) -> Emotions | None:
    return None if spec is None else Emotions.parse(spec)


@contextmanager
def _steps(what: str, total: int) -> Iterator[Callable[[int, str], None]]:
    """A progress bar, and the function that is told steps done and what to say of them."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
    )
    with Progress(*columns, console=err) as progress:
        task = progress.add_task(what, total=total, said="")

        def advance(step: int, said: str) -> None:
            progress.update(task, completed=step, said=said)

        yield advance
