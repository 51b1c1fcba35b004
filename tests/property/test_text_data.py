"""Readers of labelled tables: examples or a `DataError`, whatever the file holds."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emopic_engine.data.text.example import Example
from emopic_engine.data.text.mapping import load_mapping
from emopic_engine.data.text.reader import read_examples
from emopic_engine.data.text.store import read_soft, write_soft
from emopic_engine.data.text.votes import Vote, majority, pooled
from emopic_engine.emotions import DEFAULT
from emopic_engine.errors import DataError

CELLS = st.sampled_from(
    ["", "joy", "기쁨", "0,6", "24", "x", '"', '""', " ", "\ufeff", "\u2028", "1e9"]
)
TABLES = st.lists(st.lists(CELLS, max_size=4), max_size=5).map(
    lambda rows: "\n".join("\t".join(row) for row in rows).encode()
)
WEIGHTS = st.tuples(*[st.floats(0, 3)] * 3)
VOTES = st.lists(st.builds(Vote, WEIGHTS, st.floats(0, 2)), min_size=1, max_size=5)


@pytest.mark.parametrize("name", ["kote", "lines"])
@given(content=st.binary(max_size=80) | TABLES)
@settings(max_examples=60, deadline=None)
def test_any_file_gives_examples_or_one_kind_of_error(name: str, content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "any.tsv"
        path.write_bytes(content)
        try:
            reading = read_examples(load_mapping(name), [path])
        except DataError:
            return
        for example in reading.examples:
            assert example.text.strip()
            assert sum(example.target) == pytest.approx(1)
            assert 0 <= example.label < len(reading.emotions)


@given(votes=VOTES)
def test_a_label_has_a_share_and_the_shares_sum_to_one(votes: list[Vote]) -> None:
    for verdict in (pooled(votes), majority(votes)):
        if verdict.label is not None:
            assert verdict.target[verdict.label] > 0
            assert sum(verdict.target) == pytest.approx(1)


TEXTS = st.text(min_size=1, max_size=12).filter(lambda text: bool(text.split()))


@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_texts_come_back_with_their_spaces_evened(texts: list[str]) -> None:
    target = (0.5, 0.5, 0.0, 0.0, 0.0, 0.0)
    examples = [Example(text=text, source="s", label=0, target=target) for text in texts]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "soft.tsv"
        write_soft(path, DEFAULT, examples)
        read = read_soft(path).examples
    assert [example.text for example in read] == [" ".join(text.split()) for text in texts]
