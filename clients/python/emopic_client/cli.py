"""The `emopic-client` command: `bridge …` and `conformance`. `emopic` has them, too."""

from __future__ import annotations

from typing import Annotated

import typer

from emopic_client import __version__
from emopic_client.bridges.command import app as bridge
from emopic_client.conformance.command import conformance
from emopic_client.console import out, run

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(bridge, name="bridge")
app.command()(conformance)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(__version__, markup=False)
        raise typer.Exit


@app.callback()
def _emopic_client(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Clients of an Emopic server: bridges, and the conformance kit."""


def main() -> None:
    """Run the command line."""
    run(app, "emopic-client")
