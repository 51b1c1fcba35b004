"""Lines that say the same: exact duplicates, conflicting labels, and near-duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from emopic_engine.data.text.example import Example
from emopic_engine.errors import DataError
from emopic_engine.text.normalize import normalize

_SHINGLE: Final = 2  # characters; Korean lines are short
_PERMUTATIONS: Final = 128


@dataclass(frozen=True)
class Conflict:
    """One text that stands in the data with several labels."""

    text: str
    labels: tuple[int, ...]


@dataclass(frozen=True)
class Distinct:
    """`examples` with each text once; texts with several labels are in `conflicts` only.

    `duplicates` counts the further copies of the texts that were kept.
    """

    examples: tuple[Example, ...]
    duplicates: int
    conflicts: tuple[Conflict, ...]


def distinct(examples: Iterable[Example]) -> Distinct:
    """Keep the first of each text, and none of a text whose labels disagree.

    Texts are the same if their normal forms are, whatever the case.
    """
    groups: dict[str, list[Example]] = {}
    for example in examples:
        groups.setdefault(normalize(example.text).casefold(), []).append(example)
    kept: list[Example] = []
    conflicts: list[Conflict] = []
    duplicates = 0
    for group in groups.values():
        labels = tuple(dict.fromkeys(example.label for example in group))
        if len(labels) > 1:
            conflicts.append(Conflict(group[0].text, labels))
        else:
            kept.append(group[0])
            duplicates += len(group) - 1
    return Distinct(tuple(kept), duplicates, tuple(conflicts))


def near_duplicates(texts: Sequence[str], threshold: float = 0.8) -> list[list[int]]:
    """Groups of texts alike, as indices: the largest group first, each in ascending order.

    Two texts are alike if the pairs of neighbouring letters in them have a Jaccard similarity of
    at least `threshold`; spaces, punctuation, case, and ㅋㅋ and ㅠㅠ do not matter, and neither do
    exact copies: each normal form counts once, by its first index. Found by MinHash and
    locality-sensitive hashing (Broder 1997; Leskovec, Rajaraman and Ullman, chapter 3), then
    checked exactly: every pair told is right, a few near the threshold may be missed. The same
    input gives the same answer. Raises `DataError` where datasketch is not installed.
    """
    first: dict[str, int] = {}
    for index, text in enumerate(texts):
        first.setdefault(normalize(text).casefold(), index)
    shingles = {index: _shingles(text) for text, index in first.items()}
    filled = {index: found for index, found in shingles.items() if found}
    parent = {index: index for index in filled}
    for one, other in _candidates(filled, threshold):
        if _jaccard(filled[one], filled[other]) >= threshold:
            parent[_root(parent, max(one, other))] = _root(parent, min(one, other))
    groups: dict[int, list[int]] = {}
    for index in sorted(parent):
        groups.setdefault(_root(parent, index), []).append(index)
    several = (group for group in groups.values() if len(group) > 1)
    return sorted(several, key=lambda group: (-len(group), group))


def _candidates(shingles: dict[int, frozenset[str]], threshold: float) -> Iterable[tuple[int, int]]:
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError as error:
        raise DataError(
            f"near-duplicates need datasketch: pip install 'emopic-engine[data]' ({error})"
        ) from error
    index = MinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS)
    encoded = ([item.encode() for item in sorted(found)] for found in shingles.values())
    hashes = MinHash.generator(encoded, num_perm=_PERMUTATIONS, seed=1)
    for key, minhash in zip(shingles, hashes, strict=True):
        yield from ((other, key) for other in index.query(minhash))
        index.insert(key, minhash)


def _shingles(text: str) -> frozenset[str]:
    letters = "".join(c for c in text if c.isalnum() and c not in "ㅋㅎㅠㅜ")
    last = max(1, len(letters) - _SHINGLE + 1)
    return frozenset(letters[i : i + _SHINGLE] for i in range(last)) - {""}


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _root(parent: dict[int, int], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index
