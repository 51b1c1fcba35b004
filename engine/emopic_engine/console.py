"""How the commands talk to people: one console, one way to fail."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from typer.exceptions import TyperException

from emopic_engine.errors import EngineError

# Results go to stdout; progress, notes and errors to stderr, so that a pipe stays clean.
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class UsageError(Exception):
    """The user asked for something that cannot be done; the message names value and fix."""


def run(app: typer.Typer, name: str, *expected: type[Exception]) -> None:
    """Run a command line. A mistake in it is one clear line on stderr and exit code 2.

    `expected` are further errors whose text is meant for the user.
    """
    for_the_user: tuple[type[Exception], ...] = (EngineError, UsageError, *expected)
    try:
        status = app(prog_name=name, standalone_mode=False)
    except TyperException as error:
        message = getattr(error, "format_message", error.__str__)()
        _fail(name, f"{' '.join(message.split())} (see `{name} --help`)")
    except for_the_user as error:
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


@contextmanager
def status(text: str) -> Iterator[None]:
    """Show that something is being waited for, on terminals only."""
    with err.status(text):
        yield
