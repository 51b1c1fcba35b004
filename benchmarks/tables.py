"""The benchmarks' page from their JSON: `python -m benchmarks.tables benchmarks/results`.

Writes the tables into `docs/benchmarks.md`, between its two markers, and the plots into
`docs/images`. What has no result is left out. JSON in, text out: nothing is measured.

Results in folders below are those of other machines, each named after what sets it apart; of them
the page has what was aimed at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from benchmarks.aims import aims
from benchmarks.plots import PLOTS, styled
from benchmarks.record import HURRIED, ROOT, say
from benchmarks.sections import SECTIONS, machine

BEGIN: Final = "<!-- tables: written by python -m benchmarks.tables -->"
END: Final = "<!-- end of the tables -->"
PAGE: Final = ROOT / "docs" / "benchmarks.md"
IMAGES: Final = ROOT / "docs" / "images"
_DPI: Final = 110


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """The results in a folder that the page knows, by name."""
    paths = {name: folder / f"{name}.json" for name in SECTIONS}
    return {
        name: json.loads(path.read_text(encoding="utf-8"))
        for name, path in paths.items()
        if path.exists()
    }


def tables(results: Mapping[str, Mapping[str, Any]]) -> str:
    """What was aimed at, then all sections, as Markdown."""
    reached = aims(results)
    parts = ["### What was aimed at", reached] if reached else []
    for name, (title, text) in SECTIONS.items():
        if name in results:
            parts += [f"### {title}", text(results[name])]
            if name in PLOTS:
                parts.append(f"![{title}](images/{picture(name)})")
            parts.append(f"<sub>[JSON](../benchmarks/results/{name}.json) · ")
            parts[-1] += machine(results[name]) + "</sub>"
    return "\n\n".join(parts)


def elsewhere(folder: Path) -> str:
    """What was aimed at and found on other machines, whose results lie in folders below."""
    parts: list[str] = []
    for other in sorted(path for path in folder.iterdir() if path.is_dir()):
        if (results := read(other)) and other.name != HURRIED:
            names = ", ".join(
                f"[{name}](../benchmarks/results/{other.name}/{name}.json)" for name in results
            )
            about = machine(next(iter(results.values())))
            parts += [f"### On another machine: {other.name}", aims(results)]
            parts.append(f"<sub>JSON: {names} · {about}</sub>")
    return "\n\n".join(parts)


def picture(name: str) -> str:
    """The file name of a plot."""
    return f"bench-{name}.png"


def put(page: str, text: str) -> str:
    """The page with `text` between its markers. Raises `ValueError` where one is missing."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no place for tables: it needs {BEGIN!r} and {END!r}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def main(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
    page: Annotated[Path, typer.Option(help="The page to write into.")] = PAGE,
    images: Annotated[Path, typer.Option(help="Folder for the plots.")] = IMAGES,
) -> None:
    """Write tables and plots."""
    results = read(folder)
    if not results:
        known = ", ".join(f"{name}.json" for name in SECTIONS)
        raise typer.BadParameter(f"{folder} has none of {known}")
    parts = [part for part in (tables(results), elsewhere(folder)) if part]
    text = put(page.read_text(encoding="utf-8"), "\n\n".join(parts))
    page.write_text(text, encoding="utf-8")
    images.mkdir(parents=True, exist_ok=True)
    for name in PLOTS.keys() & results.keys():
        styled(name, results[name]).savefig(images / picture(name), dpi=_DPI)
    say(f"{page}: {', '.join(results)}")


if __name__ == "__main__":
    typer.run(main)
