"""Compiling the Unity package with mono, without Unity.

mcs knows C# up to 7.2 and mono's class library, which is larger than .NET Standard 2.1. So a
mistake in the language level or in a type that Unity lacks below 7.2 and above 2.1 is not found
here; `test_package.py` narrows the second gap with a list of the types that may be used.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "clients" / "unity" / "com.emopic.client"
CORE = PACKAGE / "Runtime" / "Core"
HERE = Path(__file__).parent
MCS = Path("/usr/bin/mcs")
MONO = Path("/usr/bin/mono")
LANGUAGE = "7.2"


def sources(folder: Path, *, apart_from: Iterable[Path] = ()) -> list[Path]:
    """The C# files below a folder, without those below the folders in `apart_from`."""
    apart = list(apart_from)
    found = sorted(folder.rglob("*.cs"))
    return [path for path in found if not any(one in path.parents for one in apart)]


def compile_cs(
    files: Sequence[Path],
    out: Path,
    *,
    references: Sequence[Path] = (),
    defines: Sequence[str] = (),
    quiet: Sequence[str] = (),
) -> Path:
    """Compile to a library or, by `out`'s ending, a program. Any warning fails but the `quiet`."""
    kind = "exe" if out.suffix == ".exe" else "library"
    command = [str(MCS), f"-target:{kind}", f"-langversion:{LANGUAGE}", f"-out:{out}", "-debug"]
    command += ["-warn:4", "-warnaserror+", "-optimize+", "-r:System.Core.dll"]
    command += [f"-nowarn:{','.join(quiet)}"] if quiet else []
    command += [f"-r:{path}" for path in references]
    command += [f"-define:{';'.join(defines)}"] if defines else []
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def run_mono(program: Path, *words: str, stdin: str = "", library: Path | None = None) -> str:
    """What a compiled program prints. Its failure is the test's. `library` holds its references."""
    done = subprocess.run(
        [str(MONO), "--debug", str(program), *words],
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=100,
        env=os.environ | ({"MONO_PATH": str(library)} if library else {}),
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return done.stdout


def marked(folder: Path, attribute: str) -> list[str]:
    """The names of the C# methods with an attribute, so that each can be a test of its own."""
    pattern = re.compile(rf"\[{attribute}\]\s+private static void (\w+)\(")
    return [name for path in sources(folder) for name in pattern.findall(path.read_text("utf-8"))]


def outcomes(printed: str) -> dict[str, str]:
    """What became of each method, from lines of name and outcome."""
    return dict(line.split("\t", 1) for line in printed.splitlines())
