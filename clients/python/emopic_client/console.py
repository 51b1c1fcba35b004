"""How the commands of this package talk to people: one console, one way to fail."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from typer.exceptions import TyperException

from emopic_client.errors import EmopicError

# Results go to stdout; progress, notes and errors to stderr, so that a pipe stays clean.
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def run(app: typer.Typer, name: str) -> None:
    """Run a command line. A mistake in it is one clear line on stderr and exit code 2."""
    try:
        status = app(prog_name=name, standalone_mode=False)
    except TyperException as error:
        message = getattr(error, "format_message", error.__str__)()
        _fail(name, f"{' '.join(message.split())} (see `{name} --help`)")
    except EmopicError as error:
        _fail(name, str(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
    sys.exit(status if isinstance(status, int) else 0)


def _fail(name: str, message: str) -> None:
    err.print(f"[red]{name}: error:[/red] ", end="", soft_wrap=True)
    err.print(message, markup=False, soft_wrap=True)
    sys.exit(2)
