"""A window-less OpenGL context, shader programs and their uniforms."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import moderngl
import numpy as np

from emopic_engine.errors import BackendUnavailable

GlProgram = Any  # moderngl's types do not narrow what a program's member is
LIT = ("head", "prop")  # shaders that include the shared parts


def open_context() -> moderngl.Context:
    """Raises `BackendUnavailable` where EGL is missing."""
    create: Any = moderngl.create_context  # its stub knows no backend by name
    try:
        context: moderngl.Context = create(standalone=True, backend="egl")
    except Exception as error:
        raise BackendUnavailable(
            "drawing faces needs EGL: apt-get install libegl1 libgl1-mesa-dri libgles2"
        ) from error
    return context


def build_program(context: moderngl.Context, name: str, **defines: int) -> GlProgram:
    """Compile `shaders/{name}.vert` and `.frag`."""
    folder = files("emopic_engine.data.faces") / "shaders"
    head = "#version 330\n" + "".join(f"#define {k} {v}\n" for k, v in defines.items())
    common = light = ""
    if name in LIT:
        common = (folder / "common.glsl").read_text()
        light = (folder / "light.glsl").read_text()
    return context.program(
        vertex_shader=head + common + (folder / f"{name}.vert").read_text(),
        fragment_shader=head + common + light + (folder / f"{name}.frag").read_text(),
    )


class Uniforms:
    """Writes values to all programs that use them."""

    def __init__(self, programs: Iterable[GlProgram], whole: Iterable[str]) -> None:
        self._whole = frozenset(whole)  # names of integers
        self._members: dict[str, list[Any]] = {}
        for program in programs:
            for name in program:
                member = program[name]
                if hasattr(member, "write"):
                    self._members.setdefault(name, []).append(member)

    def set(self, **values: Any) -> None:
        """Write uniforms; names that no program uses are left out."""
        for name, value in values.items():
            raw = np.ascontiguousarray(value, "i4" if name in self._whole else "f4").tobytes()
            for member in self._members.get(name, ()):
                member.write(raw)
