"""The adapter of emopic.js for the conformance kit, in a real Chromium:

    emopic conformance --client "python -m tests.browser.conformance_adapter"

What it does is described in docs/clients/conformance.md. The page is served from the package's
files by the browser's own routing; nothing else listens.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from playwright.async_api import Error, Page, Route, async_playwright
from tests.browser.conftest import ARGUMENTS, CHROMIUM

import emopic_server

WEB = Path(emopic_server.__file__).parent / "web"
HERE = "http://localhost/"
PROGRAM = """async () => {
  const {EmopicClient} = await import("/emopic.js");
  let client = null;
  let ended = false;
  const newest = new Map();
  const quietly = (promise) => promise.catch(() => null);  // events tell what came of it

  const tell = {
    status({status, resumed}) {
      if (status === "ready") report({is: "open", resumed});
      if (status === "waiting") report({is: "closed", final: false});
      if (status === "stopped" && !ended) report({is: "closed", final: true});
      ended = status === "stopped";
    },
    character: ({character, width, height}) =>
      report({is: "character", character, width, height}),
    emotion: ({line, top, scores, final}) => report({is: "emotion", line, top, scores, final}),
    notice: ({code}) => report({is: "notice", code}),
    error: ({code, fault, ref, retryMs}) =>
      report({is: "error", code, fault, ref, retry_ms: retryMs}),
    frame: (frame) => newest.set(frame.character, frame),
  };

  const close = () => {
    const old = client;
    client = null;
    old?.close();
    newest.clear();
  };

  globalThis.carryOut = {
    open({url, token}) {
      close();
      ended = false;
      client = new EmopicClient({url, token, client: "conformance"});
      const mine = client;
      for (const [type, listener] of Object.entries(tell)) {
        client.addEventListener(type, ({detail}) => mine === client && listener(detail));
      }
      void quietly(client.connect());
    },
    put: ({character, builtin}) => void quietly(client.putCharacter(character, {builtin})),
    watch: ({character, keep}) => client.watch(character, {frames: {keep}}),
    line: ({character, id, text}) => void quietly(client.line(character, text, {id})),
    latest({character}) {
      const frame = newest.get(character);
      report({is: "latest", character, n: frame?.n ?? null, bytes: frame?.data.length ?? 0});
    },
    mark: ({id}) => report({is: "mark", id}),
    close,
  };
}"""


async def serve(route: Route) -> None:
    """Answer the page's requests from the package's folder."""
    path = WEB / (route.request.url.removeprefix(HERE) or "overlay.html")
    if path.suffix == ".js" and path.parent == WEB:
        await route.fulfill(path=path, content_type="text/javascript")
    else:
        await route.fulfill(body="<!doctype html>", content_type="text/html")


def report(fields: dict[str, Any]) -> None:
    """Write one report."""
    sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def complain(error: Error) -> None:
    """A mistake in the page goes into the kit's log."""
    sys.stderr.write(f"{error}\n")


async def carry_out(page: Page) -> None:
    """Hand every command to the page, in order, until there are no more."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        await page.evaluate("(command) => carryOut[command.do]?.(command)", command)


async def main() -> None:
    """One browser, one page, and the program in it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page()
        page.on("pageerror", complain)
        await page.route(f"{HERE}**", serve)
        await page.goto(HERE)
        await page.expose_function("report", report)
        await page.evaluate(PROGRAM)
        await carry_out(page)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
