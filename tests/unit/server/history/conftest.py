"""A history in SQLite, and in a real PostgreSQL where its programs are installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.server.history.events import POSTGRES_HINT

from emopic_server.history.database import Database


def programs() -> Path | None:
    """The folder with initdb and postgres, if there is one."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    found += [Path(name) for name in (shutil.which("initdb"),) if name]
    return found[0].parent if found else None


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server of our own, on a socket in a temporary folder."""
    folder = programs()
    if folder is None:
        pytest.skip(POSTGRES_HINT)
    pytest.importorskip("psycopg", reason="pip install 'emopic-server[postgresql]'")
    data = tmp_path_factory.mktemp("postgres")
    # PostgreSQL does not run as root, and has to reach its folder.
    user = "nobody" if os.getuid() == 0 else None
    if user is not None:
        shutil.chown(data, user)
        for parent in data.parents[:3]:
            parent.chmod(parent.stat().st_mode | 0o011)

    def run(program: str, *arguments: str) -> None:
        command = [str(folder / program), *arguments]
        subprocess.run(command, user=user, check=True, capture_output=True, timeout=110, cwd=data)

    run("initdb", "-D", str(data), "-U", "emopic", "-A", "trust", "--no-sync", "-E", "UTF8")
    options = f"-c listen_addresses='' -c unix_socket_directories={data} -c fsync=off"
    run("pg_ctl", "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start")
    yield f"postgresql://emopic@/postgres?host={data}"
    server = int((data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(server, signal.SIGQUIT)  # at once; its folder is thrown away


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty history."""
    if request.param == "sqlite":
        database = Database(str(tmp_path / "history.db"))
    else:
        database = Database(request.getfixturevalue("postgres"))
        with database.engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    database.prepare()
    yield database
    database.close()
