"""send-queue.js: bounded, in order, and within the server's rate."""

from __future__ import annotations

import itertools

from playwright.sync_api import Page


def queue(page: Page, script: str) -> object:
    return page.evaluate(
        "async () => { const {SendQueue} = await import('/send-queue.js');"
        "const line = (id, text, partial) => ({type: 'line', character: 'a', id, text, partial});"
        f"{script} }}"
    )


def test_a_newer_partial_takes_the_older_ones_place_and_the_final_both(page: Page) -> None:
    assert queue(
        page,
        """const queue = new SendQueue();
        queue.push(line("1", "a", true)); queue.push(line("1", "ab", true));
        queue.push(line("2", "x", false)); queue.push(line("1", "abc", false));
        return queue.waiting.map((m) => [m.text, m.partial]);""",
    ) == [["abc", False], ["x", False]]


def test_final_lines_are_never_replaced(page: Page) -> None:
    assert queue(
        page,
        """const queue = new SendQueue();
        queue.push(line("1", "a", false)); queue.push(line("1", "b", false));
        return queue.waiting.map((m) => m.text);""",
    ) == ["a", "b"]


def test_a_full_queue_refuses(page: Page) -> None:
    assert queue(
        page,
        """const queue = new SendQueue({messages: 2});
        queue.push(line("1", "a", false)); queue.push(line("2", "b", false));
        try { queue.push(line("3", "c", false)); return null; }
        catch (error) { return [error.name, error.code, error.ref, queue.length]; }""",
    ) == ["EmopicError", "queue_full", "3", 2]


def test_messages_leave_at_the_servers_rate(page: Page) -> None:
    """At most `burst` at once, then one every 60 s / rate; never more in any window."""
    sent = queue(
        page,
        """const queue = new SendQueue({reserve: 0});
        queue.pace(120, 5, 0);
        for (let i = 0; i < 20; i++) queue.push(line(String(i), "a", false));
        const at = [];
        for (let now = 0; queue.length; now += queue.delay(now) || 1) {
          while (queue.take(now)) at.push(now);
        }
        return at;""",
    )
    assert isinstance(sent, list)
    assert sent[:6] == [0, 0, 0, 0, 0, 500]
    assert sent == sorted(sent)
    assert all(b - a >= 499 for a, b in itertools.pairwise(sent[4:]))


def test_partial_lines_leave_room_for_final_ones(page: Page) -> None:
    assert queue(
        page,
        """const queue = new SendQueue({reserve: 3});
        queue.pace(60, 4, 0);
        queue.push(line("1", "a", true));
        const first = queue.take(0)?.text ?? null;
        queue.push(line("1", "ab", true));
        const second = queue.take(0)?.text ?? null;
        const wait = queue.delay(0);
        queue.push(line("2", "b", false));
        return [first, second, wait, queue.take(0).text];""",
    ) == ["a", None, 1000, "b"]
