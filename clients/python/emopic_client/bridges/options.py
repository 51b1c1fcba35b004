"""Options that several commands share, as dataclasses whose fields become options."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any, get_type_hints

import typer

from emopic_client.bridges.errors import BridgeError
from emopic_client.bridges.gate import Language, Rules, names, read_words
from emopic_client.bridges.target import Target
from emopic_client.wire import GuardMode, HistoryMode


@dataclasses.dataclass(frozen=True)
class TargetOptions:
    """Which server and character."""

    url: Annotated[str, typer.Option(help="The Emopic server.")] = "ws://127.0.0.1:8765"
    token: Annotated[str | None, typer.Option(envvar="EMOPIC_TOKEN")] = None
    character: Annotated[str, typer.Option(help="Whose face.")] = "streamer"
    builtin: Annotated[
        str | None, typer.Option(help="Built-in face if nobody has put the character.")
    ] = None

    def target(self) -> Target:
        """As the bridges want it."""
        return Target(self.url, self.token, self.character, self.builtin)


@dataclasses.dataclass(frozen=True)
class ChatOptions(TargetOptions):
    """Which lines of a chat."""

    speaker: Annotated[list[str] | None, typer.Option(help="Only this one; repeatable.")] = None
    ignore: Annotated[list[str] | None, typer.Option(help="Not this one; repeatable.")] = None
    language: Annotated[Language, typer.Option(help="Lines mostly in its script.")] = "any"
    commands: Annotated[bool, typer.Option("--commands", help="Lines with ! in front, too.")] = (
        False
    )
    guard: Annotated[GuardMode, typer.Option(help="What the server does with profanity.")] = "off"
    history: Annotated[HistoryMode, typer.Option(help="What the server may keep.")] = "off"
    words: Annotated[
        typer.FileText | None,
        typer.Option(help="Lines to leave out: one regular expression a line."),
    ] = None
    per_minute: Annotated[float, typer.Option(min=0.1, help="So many lines at most.")] = 60.0
    burst: Annotated[int, typer.Option(min=1, help="So many at once.")] = 5

    def rules(self) -> Rules:
        """As the gate wants them."""
        return Rules(
            only=names(self.speaker or ()),
            ignore=names(self.ignore or ()),
            language=self.language,
            commands=self.commands,
            words=self._words(),
            per_minute=self.per_minute,
            burst=self.burst,
        )

    def target(self) -> Target:
        """As the bridges want it."""
        return dataclasses.replace(super().target(), guard=self.guard, history=self.history)

    def _words(self) -> tuple[str, ...]:
        try:
            return read_words(self.words.read()) if self.words is not None else ()
        except ValueError as error:
            raise BridgeError(f"--words: {error}") from error


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameter `options`, a dataclass, is spread into one option a field."""
    hints = get_type_hints(command, include_extras=True)
    kind: Any = hints["options"]
    fields = get_type_hints(kind, include_extras=True)
    keyword = inspect.Parameter.KEYWORD_ONLY
    own = [
        parameter.replace(annotation=hints[name], kind=keyword)
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "options"
    ]
    shared = [
        inspect.Parameter(f.name, keyword, default=f.default, annotation=fields[f.name])
        for f in dataclasses.fields(kind)
    ]

    @functools.wraps(command)
    def spreaded(**given: Any) -> None:
        options = kind(**{f.name: given.pop(f.name) for f in dataclasses.fields(kind)})
        command(options=options, **given)

    spreaded.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
    spreaded.__annotations__ = {p.name: p.annotation for p in (*own, *shared)}
    return spreaded
