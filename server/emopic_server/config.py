"""The server's configuration: a TOML file, options over it, frozen after that.

    host = "0.0.0.0"
    token = "…"

    [limits]             # any field of emopic_client.wire.Limits
    line_chars = 300

    [queue]              # any field of emopic_server.core.scheduler.Bounds
    line_batch = 32

    [worker]             # any field of emopic_server.core.supervision.Patience
    lines_s = 10

    [capture]            # any field of emopic_server.intake.config.CaptureConfig
    service = "chromium"

    [cutout]             # any field of emopic_server.intake.config.CutoutConfig
    [ocr]                # any field of emopic_server.intake.config.OcrConfig
    service = "clova"

    [history]            # any field of emopic_server.history.config.HistoryConfig
    url = "history.db"
    keep = "text"

Unknown keys and wrong types are errors that name key, value and what was expected.
"""

from __future__ import annotations

import ipaddress
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import msgspec

from emopic_client.wire import GuardMode, Limits, MarkMode
from emopic_server.core.scheduler import Bounds
from emopic_server.core.supervision import Patience
from emopic_server.errors import ConfigError
from emopic_server.history.config import HistoryConfig
from emopic_server.intake.config import CaptureConfig, CutoutConfig, OcrConfig

PROCESSES: Final = sys.platform != "win32"
"""Whether an engine process can be handed a socket here."""
_LOG_LEVELS: Final = ("debug", "info", "warning", "error")
_PRECISIONS: Final = ("int8", "f32", "bf16", "f16")
_OPINIONS: Final = ("none", "korcen")
_MIN_TOKEN_CHARS: Final = 8


@dataclass(frozen=True)
class ServerConfig:
    """Where to listen, whom to let in, what to load, and every bound. Raises `ConfigError`.

    `port` 0 takes any free port. A `token` is required unless `host` is a loopback address. Who
    has the `read_only_token` may watch what the token's group shares, and change nothing.
    `allow_origins` are web origins (`https://example.org`) beside the server's own. `backend`,
    `precision`, `threads`, `text_model` and `face_model` are for the engine; None means its
    default. `atlas_mb` bounds the rendered pictures that are kept, 0 keeps none. With a `store`,
    shared characters survive a restart: a file (SQLite) or a database URL that SQLAlchemy knows.
    `guard` (off, mask, refuse) is the least that is done about profane lines: a client may ask for
    more. `guard_second_opinion` is `none` or `korcen`. `mark` (off, metadata, visible) is the least
    that is done to mark frames as generated: a client may ask for more. With `engine_process` the
    engine runs in a process of its own (None: wherever that is possible), and with `devices` in one
    for each of them: `cpu`, `cuda:0`, `cuda:1` … With `traces`, an OTLP/HTTP address, every line
    leaves a trace there (`http://localhost:4318/v1/traces`).
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = None
    read_only_token: str | None = None
    allow_origins: tuple[str, ...] = ()
    backend: str = "openvino"
    precision: str | None = None
    threads: int = 0
    text_model: Path | None = None
    face_model: Path | None = None
    atlas_mb: int = 256
    store: str | None = None
    guard: str = "off"
    guard_second_opinion: str = "none"
    mark: str = "off"
    engine_process: bool | None = None
    devices: tuple[str, ...] = ()
    log_level: str = "info"
    traces: str = ""
    limits: Limits = field(default_factory=Limits)
    queue: Bounds = field(default_factory=Bounds)
    worker: Patience = field(default_factory=Patience)
    capture: CaptureConfig = field(default_factory=CaptureConfig)
    ocr: OcrConfig = field(default_factory=OcrConfig)
    cutout: CutoutConfig = field(default_factory=CutoutConfig)
    history: HistoryConfig = field(default_factory=HistoryConfig)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise ConfigError("port", self.port, "0 … 65535")
        self._check_tokens()
        if self.token is None and not self.loopback:
            raise ConfigError(
                "token", None, f"a token, since host {self.host!r} can be reached from elsewhere"
            )
        for origin in self.allow_origins:
            if not origin.startswith(("http://", "https://")) or origin.count("/") != 2:
                raise ConfigError("allow_origins", origin, "an origin like https://example.org")
        if self.traces and not self.traces.startswith(("http://", "https://")):
            expected = "an address like http://localhost:4318/v1/traces"
            raise ConfigError("traces", self.traces, expected)
        _check_choice("log_level", self.log_level, _LOG_LEVELS)
        _check_choice("guard", self.guard, get_args(GuardMode))
        _check_choice("mark", self.mark, get_args(MarkMode))
        _check_choice("guard_second_opinion", self.guard_second_opinion, _OPINIONS)
        _check_choice("precision", self.precision or _PRECISIONS[0], _PRECISIONS)
        for name, low in (("threads", 0), ("atlas_mb", 0)):
            if getattr(self, name) < low:
                raise ConfigError(name, getattr(self, name), f"at least {low}")
        _check_positive("limits", msgspec.structs.asdict(self.limits))
        for table in ("queue", "worker"):
            values = getattr(self, table)
            _check_positive(table, {f.name: getattr(values, f.name) for f in fields(values)})
        self._check_workers()
        if self.limits.resume_events > self.limits.outbox_events:
            expected = f"at most limits.outbox_events = {self.limits.outbox_events}"
            raise ConfigError("limits.resume_events", self.limits.resume_events, expected)

    def _check_workers(self) -> None:
        for device in self.devices:
            if re.fullmatch(r"cpu|cuda:\d+", device) is None:
                raise ConfigError("devices", device, "cpu, or cuda: and a number")
        if self.engine_process and not PROCESSES:
            raise ConfigError("engine_process", True, "false on this system")
        if self.devices and self.in_process:
            raise ConfigError("devices", list(self.devices), "none without engine_process")

    def _check_tokens(self) -> None:
        """No token is shown in an error."""
        for key in ("token", "read_only_token"):
            token = getattr(self, key)
            if token is not None and len(token) < _MIN_TOKEN_CHARS:
                raise ConfigError(key, "…", f"at least {_MIN_TOKEN_CHARS} characters")
        if self.read_only_token is not None and self.token is None:
            expected = "token beside it, for without one everybody may change everything"
            raise ConfigError("read_only_token", "…", expected)
        if self.read_only_token is not None and self.read_only_token == self.token:
            raise ConfigError("read_only_token", "…", "another token than token")

    @property
    def in_process(self) -> bool:
        """Whether the engine runs in a thread of the server's own process."""
        return not (PROCESSES if self.engine_process is None else self.engine_process)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    @classmethod
    def load(cls, path: Path | None = None, **options: object) -> ServerConfig:
        """The configuration of a TOML file, with `options` that are not None over it.

        An option that is a mapping goes over the file's table key by key.
        """
        return cls(**_typed("", cls, _over({} if path is None else _read(path), options)))


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _read(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise ConfigError("config", str(path), f"a readable file ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError("config", str(path), f"TOML ({error})") from error


def _over(values: Mapping[str, object], options: Mapping[str, object]) -> dict[str, object]:
    """The options that are not None over these values; tables are merged."""
    merged = dict(values)
    for key, value in options.items():
        if isinstance(value, Mapping):
            table = merged.get(key, {})
            value = _over(table, value) if isinstance(table, Mapping) else table
        if value is not None and value != {}:
            merged[key] = value
    return merged


def _typed(prefix: str, kind: type, values: Mapping[str, object]) -> dict[str, Any]:
    """Check keys and types against the annotations of `kind`; nested tables become objects."""
    hints = get_type_hints(kind)
    for key in values:
        if key not in hints:
            raise ConfigError(prefix + key, values[key], f"one of {', '.join(sorted(hints))}")
    return {key: _value(prefix + key, hints[key], value) for key, value in values.items()}


def _value(key: str, hint: Any, value: object) -> object:
    if hint in _TABLES:
        if isinstance(value, hint):
            return value
        if not isinstance(value, Mapping):
            raise ConfigError(key, value, "a table")
        return hint(**_typed(f"{key}.", hint, value))
    for known, convert, expected in _KINDS:
        if hint == known:
            converted = convert(value)
            if converted is None:
                secret = key.endswith(("key", "token"))
                raise ConfigError(key, "…" if secret else value, expected)
            return converted
    raise AssertionError(f"no rule for {key}: {hint}")


def _int(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _float(value: object) -> float | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number else None  # type: ignore[arg-type]


def _str(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _path(value: object) -> Path | None:
    return Path(value) if isinstance(value, str | Path) else None


def _strings(value: object) -> tuple[str, ...] | None:
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return None


_TABLES: Final = (Limits, Bounds, Patience, CaptureConfig, CutoutConfig, OcrConfig, HistoryConfig)
_KINDS: Final = (
    (bool, _bool, "true or false"),
    (bool | None, _bool, "true or false"),
    (int, _int, "a whole number"),
    (float, _float, "a number"),
    (str, _str, "text"),
    (str | None, _str, "text"),
    (Path | None, _path, "a path"),
    (tuple[str, ...], _strings, "a list of texts"),
)


def _check_choice(key: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigError(key, value, f"one of {', '.join(choices)}")


def _check_positive(table: str, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if not value > 0:
            raise ConfigError(f"{table}.{key}", value, "more than 0")
