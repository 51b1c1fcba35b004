"""Entry point of `emopic-client` and of `python -m emopic_client`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, or say what it needs: a plain install is a library alone."""
    try:
        from emopic_client.cli import main as run
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich"):
            raise
        sys.stderr.write("emopic-client: error: pip install 'emopic-client[bridges]'\n")
        sys.exit(2)
    run()


if __name__ == "__main__":
    main()
