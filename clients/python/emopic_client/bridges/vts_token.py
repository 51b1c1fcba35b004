"""Where VTube Studio's token is kept: the user's configuration folder, for the owner only."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from emopic_client.bridges.errors import BridgeError, MissingExtra

try:
    from platformdirs import user_config_path
except ModuleNotFoundError as error:
    raise MissingExtra("platformdirs") from error


def token_file() -> Path:
    """The file, whether it exists or not."""
    return user_config_path("emopic") / "vtube-studio.json"


class Tokens:
    """Tokens by VTube Studio's address, in one JSON file with mode 0600."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or token_file()

    def get(self, url: str) -> str | None:
        """The token for this address. Raises `BridgeError` for a file that cannot be used."""
        return self._read().get(url)

    def set(self, url: str, token: str | None) -> None:
        """Keep a token, or forget it."""
        tokens = self._read()
        tokens.pop(url, None)
        if token is not None:
            tokens[url] = token
        self._write(msgspec.json.encode(tokens))

    def _read(self) -> dict[str, str]:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=dict[str, str])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as error:
            raise BridgeError(f"cannot read {self.path} ({error}): remove it") from error

    def _write(self, data: bytes) -> None:
        """By a new file beside it, so that nobody ever reads half a file."""
        new = self.path.with_suffix(".new")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            new.unlink(missing_ok=True)
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            new.replace(self.path)
        except OSError as error:
            raise BridgeError(f"cannot keep the token in {self.path}: {error}") from error
