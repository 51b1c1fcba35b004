"""TensorRT on an NVIDIA GPU, through Torch-TensorRT's dynamo path.

Torch-TensorRT turns an exported program into one serialized engine; nothing is left to torch, and
an operator it does not know is an error, never a silent detour. Running an engine takes only
TensorRT itself and torch for its buffers. Both distributions do, `torch-tensorrt` and
`torch-tensorrt-rtx`: the package is `torch_tensorrt` in either, the runtime is `tensorrt` or
`tensorrt_rtx`.

Spatial sizes are static. Each engine has one profile of 1 … 64 rows; text models get an engine for
each of a few lengths, and each pair of rows and length is recorded as a CUDA graph.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from emopic_engine.backends.base import Compiled, Graph, Precision, Watch
from emopic_engine.backends.buckets import MAX_ROWS, Profile, profiles
from emopic_engine.backends.cuda_device import Lowered, TorchCuda, check_precision
from emopic_engine.backends.replay import Buffers, Replayed, Run
from emopic_engine.engines.building import obtain
from emopic_engine.engines.store import Files
from emopic_engine.errors import BackendUnavailable, ModelError

_VERSION = 1  # of the export below; part of every engine's key
DISTRIBUTIONS = {"torch-tensorrt": "tensorrt", "torch-tensorrt-rtx": "tensorrt_rtx"}
INSTALL = "pip install 'emopic-engine[tensorrt]' (or, for RTX cards, 'emopic-engine[tensorrt-rtx]')"


class TensorRtBackend:
    """Compiles graphs to TensorRT engines. Precisions f16 (the default), bf16 and f32."""

    name = "tensorrt"

    def __init__(self, *, precision: Precision | None = None, threads: int = 0) -> None:
        del threads  # of the CPU; none is needed
        self.precision: Precision = check_precision(self.name, precision)
        distribution = installed_distribution()
        self._device = TorchCuda()
        self._trt = load_runtime(DISTRIBUTIONS[distribution])
        self._runtime = self._trt.Runtime(self._trt.Logger(self._trt.Logger.WARNING))
        self.device = self._device.name
        self.capability = self._device.capability
        self.versions = {
            "torch": str(torch.__version__),
            "cuda": str(torch.version.cuda),
            distribution: version(distribution),
            DISTRIBUTIONS[distribution]: str(self._trt.__version__),
        }
        self.options: dict[str, Any] = {"export": _VERSION, "rows": MAX_ROWS}
        self.reason = ""
        self.watch: Watch | None = None

    def compile(self, graph: Graph) -> Compiled:
        """The graph's engines, built if there are none. Raises `ModelError` or `ParityError`."""
        return obtain(self, graph)

    def build(self, graph: Graph, module: torch.nn.Module) -> Files:
        """One serialized engine a profile. Raises `ModelError` for what cannot be converted."""
        lowered = Lowered(module, self.precision).to("cuda")
        files = {}
        for profile in profiles(graph):
            if self.watch is not None and profile.length:
                self.watch(graph.name, f"building for {profile.length} tokens")
            try:
                program = export_program(graph, lowered, profile)
                files[file_name(profile.length)] = self._engine(graph, program, profile)
            except Exception as error:  # conversion raises many unrelated types
                raise ModelError(
                    f"{graph.name} cannot be converted to TensorRT: {error}"
                ) from error
        return files

    def _engine(self, graph: Graph, program: Any, profile: Profile) -> bytes:
        import torch_tensorrt

        inputs = [torch_tensorrt.Input(**spec) for spec in input_specs(graph, profile)]
        engine: bytes = torch_tensorrt.dynamo.convert_exported_program_to_serialized_trt_engine(
            program,
            arg_inputs=inputs,
            disable_tf32=self.precision == "f32",
            require_full_compilation=True,
            immutable_weights=True,
            # Its default takes every attention mask for a causal one; ours hides padding.
            attn_bias_is_causal=False,
        )
        return engine

    def load(self, graph: Graph, files: Files) -> Compiled:
        """Engine files as a function. Raises `ModelError` for one that TensorRT refuses."""
        engines = {}
        for profile in profiles(graph):
            data = files.get(file_name(profile.length), b"")
            engine = self._runtime.deserialize_cuda_engine(data) if data else None
            if engine is None:
                raise ModelError(f"TensorRT does not take the engine of {graph.name}")
            engines[profile.length] = engine
        lengths = [length for length in engines if length is not None]

        def prepare(length: int | None) -> Run:
            return TrtRun(self._trt, engines[length], self._device.stream)

        return Replayed(graph, self._device, prepare, lengths)


class TrtRun:
    """One engine with a context of its own: a recording holds on to its context's state."""

    def __init__(self, trt: Any, engine: Any, stream: torch.cuda.Stream) -> None:
        self._stream = stream
        self._context = engine.create_execution_context()
        names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
        modes = {name: engine.get_tensor_mode(name) for name in names}
        self.inputs = [name for name in names if modes[name] == trt.TensorIOMode.INPUT]
        self.outputs = [name for name in names if modes[name] == trt.TensorIOMode.OUTPUT]
        self._made: Buffers = ()

    def __call__(self, inputs: Buffers) -> Buffers:
        if not self._made:
            self._bind(inputs)
        if not self._context.execute_async_v3(self._stream.cuda_stream):
            raise RuntimeError("TensorRT did not start the engine")
        return self._made

    def _bind(self, inputs: Buffers) -> None:
        """Addresses are set once: buffers stay where they are."""
        for name, buffer in zip(self.inputs, inputs, strict=True):
            self._context.set_input_shape(name, tuple(buffer.shape))
            self._context.set_tensor_address(name, buffer.data_ptr())
        made = []
        for name in self.outputs:
            shape = tuple(self._context.get_tensor_shape(name))
            made.append(torch.zeros(shape, dtype=torch.float32, device=inputs[0].device))
            self._context.set_tensor_address(name, made[-1].data_ptr())
        self._made = tuple(made)


def installed_distribution() -> str:
    """The Torch-TensorRT distribution that is here. Raises `BackendUnavailable` if none is."""
    for name in DISTRIBUTIONS:
        try:
            version(name)
        except PackageNotFoundError:
            continue
        return name
    raise BackendUnavailable(f"backend tensorrt needs Torch-TensorRT: {INSTALL}")


def load_runtime(module: str) -> Any:
    """TensorRT's own Python module. Raises `BackendUnavailable` with the loader's reason."""
    try:
        return importlib.import_module(module)
    except (ImportError, OSError) as error:
        raise BackendUnavailable(
            f"backend tensorrt cannot load {module} ({error}): {INSTALL}"
        ) from error


def file_name(length: int | None) -> str:
    """Of the engine for a length, or for all there is."""
    return "engine.trt" if length is None else f"engine-{length}.trt"


def input_specs(graph: Graph, profile: Profile) -> list[dict[str, Any]]:
    """The arguments of `torch_tensorrt.Input` for each input of the graph."""
    return [
        {
            "min_shape": least,
            "opt_shape": common,
            "max_shape": most,
            "dtype": getattr(torch, spec.dtype),
            "name": spec.name,
        }
        for spec, least, common, most in zip(
            graph.inputs, profile.least, profile.common, profile.most, strict=True
        )
    ]


def export_program(
    graph: Graph, module: torch.nn.Module, profile: Profile, device: str = "cuda"
) -> torch.export.ExportedProgram:
    """The module as an exported program whose only varying size is the batch."""
    rows = torch.export.Dim("rows", min=1, max=profile.most[0][0])
    examples = tuple(
        torch.ones(shape, dtype=getattr(torch, spec.dtype), device=device)
        for spec, shape in zip(graph.inputs, profile.common, strict=True)
    )
    dynamic: Sequence[dict[int, Any]] = [{0: rows} for _ in examples]
    return torch.export.export(module, examples, dynamic_shapes=(tuple(dynamic),), strict=False)
