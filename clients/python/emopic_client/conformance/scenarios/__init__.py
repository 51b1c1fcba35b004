"""The scenarios by name, in the order in which they are played."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from emopic_client.conformance.kit import Play
from emopic_client.conformance.scenarios import opening, reading, resuming, talking

SCENARIOS: Final[Mapping[str, Play]] = {
    play.__name__: play
    for play in (
        opening.opening,
        opening.unknown_fields,
        opening.odd_encodings,
        opening.fragments,
        opening.newer_protocol,
        opening.wrong_token,
        opening.early_error,
        opening.stop_codes,
        resuming.reconnect_codes,
        resuming.starting_server,
        resuming.resume,
        resuming.unanswered_line,
        resuming.answered_twice,
        resuming.lost_session,
        reading.event_order,
        reading.slow_program,
        reading.large_frame,
        reading.patches,
        reading.kept_pictures,
        reading.bad_bytes,
        talking.korean_text,
        talking.limits,
        talking.errors,
    )
}


def what_it_asks(play: Play) -> str:
    """The one line that says what the client must do."""
    return (play.__doc__ or "").strip().splitlines()[0].rstrip(".")
