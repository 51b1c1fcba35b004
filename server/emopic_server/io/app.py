"""The server's life: bind, load and warm up, serve, drain, end.

The port is bound first, so that `/readyz` can say "not yet". Websockets are let in when the engine
has warmed up. SIGTERM and SIGINT stop the intake, let the lines that wait be answered, say bye to
everyone and end the process; a second signal ends it at once. While an engine's process is being
started again, the connections stay and lines wait or are refused. If the engine cannot be had at
all, or any task of ours dies, the server ends with that error.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final

from websockets.asyncio.server import Server as SocketServer
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from emopic_client import wire
from emopic_server import __version__
from emopic_server.config import ServerConfig
from emopic_server.core.errands import Errand
from emopic_server.core.hub import GOING_AWAY, Hub
from emopic_server.core.work import Done
from emopic_server.errors import ConfigError, WorkerDied
from emopic_server.intake.guard import load_guard
from emopic_server.io.connection import CLOSE_S as PEER_CLOSE_S
from emopic_server.io.connection import WRITE_LIMIT, Link, Peer, chosen_subprotocol, pong_s
from emopic_server.io.errands import ErrandRunner, Result, load_runner
from emopic_server.io.http import Pages, Status, is_websocket, refuse_websocket, url_of
from emopic_server.io.keeping import Keeping
from emopic_server.io.reading import CLOSE_S, asks_history
from emopic_server.io.status import settings, status
from emopic_server.io.tracing import Traces, provider
from emopic_server.io.worker import AboutEngine, EngineMaker, Listener, WorkerStatus, open_host

log = logging.getLogger(__name__)
# Every connection and request is an `info` to the library; to us those are metrics.
_socket_log = logging.getLogger("emopic_server.io.websockets")
_socket_log.setLevel(logging.WARNING)

_DRAIN_S: Final = 4.0
_PARTING_S: Final = 3.0
_HANDSHAKE_S: Final = 10.0
_ENGINE_END_S: Final = 1.0
_SWITCH_S: Final = 0.001
_LATE_S: Final = 0.0005  # event loops round timers to milliseconds; early would mean twice


def run_server(
    config: ServerConfig,
    engine: EngineMaker,
    on_ready: Callable[[str], None] = lambda _url: None,
) -> None:
    """Serve until SIGTERM or SIGINT. `on_ready` gets the studio's address after warm-up.

    An `engine` that is a function runs in a thread of this process; one that is an `EngineSource`
    in processes of its own.

    Raises `ConfigError` when the address cannot be bound, and what the engine raised when it
    cannot be loaded (`EngineError`).
    """
    # The engine's thread may hold the interpreter for 5 ms at a time by default: too long for a
    # line that has just come.
    sys.setswitchinterval(_SWITCH_S)
    server = Server(config, engine, on_ready)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(server.run())
    if not server.engine_ended(_ENGINE_END_S):
        # It is loading, or hangs in the device. The interpreter cannot end cleanly under a thread
        # in native code (it aborts), and nothing is left to be done.
        log.warning("the engine is still busy; leaving without it")
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


class Server:
    """One listening server; `run` is its whole life. `stop` may be called from the event loop."""

    def __init__(
        self,
        config: ServerConfig,
        engine: EngineMaker,
        on_ready: Callable[[str], None] = lambda _url: None,
    ) -> None:
        self.url = ""
        self._config = config
        self._maker = engine
        self._on_ready = on_ready
        self._pages = Pages()
        self._links: dict[int, Link] = {}
        self._engine: AboutEngine | None = None
        self._hub: Hub | None = None
        self._guard = load_guard(config.guard_second_opinion)
        self._keeping = Keeping(config, self._fail)
        self._traces = Traces(provider(config.traces)) if config.traces else None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._pumping = False
        self._pump_due = False
        self._began = time.monotonic()
        self._bound = asyncio.Event()

    async def bound(self) -> None:
        """Wait until `url` is known; the engine may still be loading."""
        await self._bound.wait()

    async def run(self) -> None:
        """Bind, serve, and return after a `stop`. Raises what ended the server otherwise."""
        self._loop = asyncio.get_running_loop()
        self._stop: asyncio.Future[None] = self._loop.create_future()
        self._idle = asyncio.Event()
        listener = Listener(
            ready=self._engine_ready,
            done=self._engine_done,
            away=self._engine_away,
            back=self._engine_back,
            death=self._engine_died,
        )
        self._host = open_host(self._maker, self._config.worker, listener)
        self._errands: ErrandRunner = load_runner(self._config, self._errand_done)
        await self._keeping.open()
        async with await self._listen() as sockets, self._signals():
            self.url = url_of(self._config.host, sockets.sockets[0].getsockname()[1])
            self._bound.set()
            self._host.start()
            try:
                await asyncio.shield(self._stop)
            finally:
                await self._errands.stop()
                await self._part(sockets)
                await self._keeping.close()
                if self._traces is not None and not await asyncio.to_thread(self._traces.close):
                    log.warning("some traces could not be sent to %s", self._config.traces)

    def stop(self) -> None:
        """Drain and end. A second call ends without draining."""
        if self._stop.done():
            self._idle.set()
            return
        self._stop.set_result(None)
        if self._hub is not None:
            self._hub.stop_intake()

    @property
    def hub(self) -> Hub:
        """What the server knows, once it is ready."""
        assert self._hub is not None
        return self._hub

    def workers(self) -> Sequence[WorkerStatus]:
        """How the engine's workers are, once `bound`."""
        return self._host.status()

    def engine_ended(self, timeout: float) -> bool:
        """Whether the engine's thread ends within `timeout` seconds after `run`. Blocks."""
        return self._host.join(timeout)

    # ── listening ────────────────────────────────────────────────────────────────────────────────

    async def _listen(self) -> SocketServer:
        limits = self._config.limits
        try:
            return await serve(
                self._talk,
                self._config.host,
                self._config.port,
                create_connection=Peer,
                process_request=self._request,
                select_subprotocol=chosen_subprotocol,
                compression=None,
                max_size=limits.message_bytes,  # until it has identified itself
                max_queue=2,  # messages read ahead; each may be as large as a face
                write_limit=WRITE_LIMIT,
                ping_interval=limits.ping_s,
                ping_timeout=pong_s(limits.ping_s),
                open_timeout=_HANDSHAKE_S,
                close_timeout=PEER_CLOSE_S,
                server_header=f"emopic/{__version__}",
                logger=_socket_log,
            )
        except OSError as error:
            address = f"{self._config.host}:{self._config.port}"
            raise ConfigError(
                "port", self._config.port, f"a free address; {address}: {error.strerror}"
            ) from error

    def _request(
        self, connection: ServerConnection, request: Request
    ) -> Response | Awaitable[Response] | None:
        assert isinstance(connection, Peer)
        limits = self._config.limits
        connection.stall_s = 2 * limits.ping_s
        connection.largest = limits.face_bytes * 4 // 3 + limits.message_bytes
        if is_websocket(request):
            return refuse_websocket(request, self._config, ready=self._hub is not None)
        if asks_history(request):
            connection.close_timeout = CLOSE_S
            return self._keeping.reader.answer(request)
        return self._pages.answer(request, self._status())

    def _status(self) -> Status:
        uptime = time.monotonic() - self._began
        return status(self._hub, self._engine, self._host, self._keeping.historian, uptime)

    async def _talk(self, connection: ServerConnection) -> None:
        assert isinstance(connection, Peer)
        if self._hub is None:  # the handshake has been refused before
            raise WorkerDied("a connection came before the engine")
        link = Link(connection, self._hub, self._pump, self._pump_soon)
        self._links[link.id] = link
        try:
            await link.serve()
        except Exception as error:
            log.exception("connection %d ended with a bug", link.id)
            self._fail(error)
        finally:
            del self._links[link.id]

    # ── the engine ───────────────────────────────────────────────────────────────────────────────

    def _engine_ready(self, engine: AboutEngine) -> None:
        self._engine = engine
        self._guarded(self._open_hub, engine)

    def _open_hub(self, engine: AboutEngine) -> None:
        self._hub = Hub(
            settings(self._config, engine),
            new_id=lambda: secrets.token_urlsafe(18),
            censor=self._guard,
        )
        self._keeping.begin(self._hub)
        self._pump()
        gc.collect()
        gc.freeze()  # what is there by now stays; to look through it takes 20 ms, again and again
        log.info("ready after %.1f s", time.monotonic() - self._began)
        self._on_ready(self.url)

    def _engine_done(self, worker: int, done: Done) -> None:
        assert self._hub is not None
        self._guarded(self._take_in, self._hub, worker, done)
        self._pump()

    def _take_in(self, hub: Hub, worker: int, done: Done) -> None:
        """The engine goes on while its results are handed out, where it need not wait for that."""
        now = time.monotonic()
        if hub.finish(done, now, worker):
            self._feed_engine(hub)
        hub.hand_out(done, now)

    def _engine_away(self, worker: int, reason: str, _detail: str) -> None:
        assert self._hub is not None
        self._guarded(self._hub.away, worker, reason, time.monotonic())
        self._pump()

    def _engine_back(self, worker: int) -> None:
        assert self._hub is not None
        log.info("worker %d is back", worker)
        self._guarded(self._hub.back, worker, time.monotonic())
        self._pump()

    def _engine_died(self, error: BaseException) -> None:
        log.error("the engine has ended: %s", error)
        self._fail(error)

    def _errand_done(self, errand: Errand, result: Result) -> None:
        assert self._hub is not None
        self._guarded(self._hub.ran, errand, result, time.monotonic())
        self._pump()

    # ── the pump ─────────────────────────────────────────────────────────────────────────────────

    def _pump_soon(self) -> None:
        """Once for all messages that have come together: they make one batch, and one write."""
        if not self._pump_due:
            self._pump_due = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Carry out what the hub wants done: work to the engine, mail to clients, a timer."""
        self._pump_due = False
        hub = self._hub
        if hub is None or self._pumping:
            return
        self._pumping = True
        try:
            self._feed_engine(hub)
            self._errands.start(hub.errands)
            self._send(hub)
            self._arm(hub)
            self._keeping.pump(hub)
            if self._traces is not None:
                self._traces.pump(hub)
        except Exception as error:
            log.exception("the server ends with a bug")
            self._fail(error)
        finally:
            self._pumping = False

    def _feed_engine(self, hub: Hub) -> None:
        for worker in self._host.free():
            work = hub.work(time.monotonic(), worker)
            if work is not None:
                self._host.submit(worker, work)
        if self._stop.done() and not self._host.busy:
            self._idle.set()

    def _send(self, hub: Hub) -> None:
        while hub.dirty:
            link = self._links.get(hub.dirty.pop())
            if link is not None:
                link.flush()

    def _arm(self, hub: Hub) -> None:
        when = hub.deadline()
        if when is None or (self._timer is not None and self._timer_at <= when):
            return  # a timer that is too early finds nothing due and arms the next
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = when
        self._timer = self._loop.call_later(max(0.0, when - time.monotonic()) + _LATE_S, self._tick)

    def _tick(self) -> None:
        assert self._hub is not None
        self._timer = None
        self._guarded(self._hub.tick, time.monotonic())
        self._pump()

    def _guarded(self, function: Callable[..., None], *arguments: Any) -> None:
        try:
            function(*arguments)
        except Exception as error:
            log.exception("the server ends with a bug")
            self._fail(error)

    @property
    def _failed(self) -> bool:
        return self._stop.done() and self._stop.exception() is not None

    def _fail(self, error: BaseException) -> None:
        if not self._stop.done():
            self._stop.set_exception(error)
        self._idle.set()

    # ── the end ──────────────────────────────────────────────────────────────────────────────────

    async def _part(self, sockets: SocketServer) -> None:
        """Answer what waits, say bye, close."""
        sockets.close(close_connections=False)
        hub = self._hub
        if hub is not None:
            self._pump()
            if self._host.busy and not self._failed:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._idle.wait(), _DRAIN_S)
            hub.shut_down(wire.SERVER_FAULT if self._failed else GOING_AWAY)
            self._pump()
            await self._emptied()
        await self._host.close()
        if self._timer is not None:
            self._timer.cancel()

    async def _emptied(self) -> None:
        """Give clients a moment to answer the close."""
        closed = [link.closed for link in self._links.values()]
        if closed:
            await asyncio.wait(closed, timeout=_PARTING_S)

    @contextlib.asynccontextmanager
    async def _signals(self) -> AsyncIterator[None]:
        names = (signal.SIGTERM, signal.SIGINT)
        added = []
        for name in names:
            # Windows and threads other than the main one have no signal handlers.
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                self._loop.add_signal_handler(name, self.stop)
                added.append(name)
        try:
            yield
        finally:
            for name in added:
                self._loop.remove_signal_handler(name)
