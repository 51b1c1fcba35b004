"""A history to look at: three weeks, two speakers, some days without a line.

`python -m tests.browser.diary FILE` writes it for today, to try `/diary` and `emopic history` with.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator

from emopic_engine.emotions import DEFAULT
from emopic_server.core.names import group_of
from emopic_server.history.database import Database, Event

DAY_MS = 86_400_000
KOREA_MS = 9 * 3_600_000
DAYS = 21
SILENT = (4, 9, 10)  # days ago
TEXTS = {
    "joy": ("드디어 보스를 잡았다!", "오늘 진짜 최고야", "네 덕분에 힘이 난다"),
    "anger": ("왜 자꾸 약속을 어기는 거야", "또 튕겼네, 짜증나"),
    "anxiety": ("내일 발표인데 너무 떨려", "잘 될까? 걱정이다"),
    "neutral": ("내일은 열 시에 만나자", "물약은 가방에 있어"),
    "sadness": ("그때 생각하면 눈물이 나", "혼자 남은 기분이야"),
    "surprise": ("헐 이게 진짜라고?", "어? 네가 왜 여기서 나와"),
}
SPEAKERS = {"민지의 게임": (5, 1, 2, 6, 1, 2), "twitch": (3, 4, 1, 5, 2, 3)}


def story(now: int, seed: int = 7, text: bool = True) -> Iterator[Event]:
    """A few hundred events of the three weeks before `now` (ms), in the evenings of Korea.

    Lines grow happier with time for the first speaker; the last of them is a moment ago.
    """
    chance = random.Random(seed)
    midnight = now + KOREA_MS - (now + KOREA_MS) % DAY_MS - KOREA_MS
    for ago in range(DAYS - 1, -1, -1):
        if ago in SILENT:
            continue
        for speaker, weights in SPEAKERS.items():
            tilted = [weights[0] * (1 + (DAYS - ago) / DAYS), *weights[1:]]
            for _ in range(chance.randrange(4, 14)):
                at = midnight - ago * DAY_MS + round(chance.triangular(10, 24, 21) * 3_600_000)
                (top,) = chance.choices(DEFAULT.names, tilted)
                if at < now:
                    yield _event(chance, at, speaker, top, text)
    yield _event(chance, now - 1000, "민지의 게임", "joy", text)


def _event(chance: random.Random, at: int, speaker: str, top: str, text: bool) -> Event:
    sure = round(0.5 + chance.random() / 2, 4)
    rest = (1 - sure) / (len(DEFAULT) - 1)
    scores = tuple(sure if name == top else rest for name in DEFAULT.names)
    said = chance.choice(TEXTS[top]) if text else None
    names = DEFAULT.names
    return Event(at, group_of(None), "minji", speaker, names, scores, top, sure, said)


def write(where: str, events: Iterator[Event]) -> list[Event]:
    """Fill a history with them."""
    database = Database(where)
    database.prepare()
    found = list(events)
    database.write(found)
    database.close()
    return found


if __name__ == "__main__":
    write(sys.argv[1], story(round(time.time() * 1000)))
