"""Character n-grams: hashing, features, the file, and their place beside the encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from emopic_engine.errors import ModelError
from emopic_engine.text.ngrams import Ngrams, hashes_of, load_ngrams


def ngrams_of(text: str, classes: int = 3, seed: int = 0) -> Ngrams:
    """N-grams that know exactly this text's, with random weights."""
    chance = np.random.default_rng(seed)
    hashes, _ = hashes_of(text)
    return Ngrams(
        hashes,
        chance.uniform(1, 5, len(hashes)).astype(np.float32),
        chance.normal(size=(len(hashes), classes)).astype(np.float32),
        chance.normal(size=classes).astype(np.float32),
    )


def plain_grams(text: str) -> dict[str, int]:
    padded = f" {text.lower()} "
    found = [padded[i : i + n] for n in range(1, 5) for i in range(len(padded) - n + 1)]
    return {gram: found.count(gram) for gram in found}


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_there_is_a_hash_for_every_ngram(text: str) -> None:
    hashes, counts = hashes_of(text)
    assert sorted(counts.tolist()) == sorted(plain_grams(text).values())
    assert (np.diff(hashes.astype(np.int64)) > 0).all()


def test_a_hash_does_not_depend_on_where_the_ngram_stands() -> None:
    inside = set(hashes_of("하나 둘 셋")[0].tolist())
    assert set(hashes_of("둘")[0].tolist()) <= inside
    assert not set(hashes_of("넷")[0].tolist()) <= inside


def test_capitals_are_small_letters() -> None:
    assert hashes_of("GG")[0].tolist() == hashes_of("gg")[0].tolist()


def test_logits_are_those_of_the_plain_formula() -> None:
    text = "ㅋㅋㅋ 진짜"
    ngrams = ngrams_of(text)
    _, counts = hashes_of(text)
    values = (1 + np.log(counts)) * ngrams.idf
    expected = values / np.linalg.norm(values) @ ngrams.weights + ngrams.bias
    np.testing.assert_allclose(ngrams(text), expected, rtol=1e-5)
    np.testing.assert_allclose(ngrams.scaled(0.5)(text), expected / 2, rtol=1e-5)


def test_unknown_ngrams_count_for_nothing() -> None:
    ngrams = ngrams_of("가나다")
    known = Ngrams(ngrams.hashes[1:], ngrams.idf[1:], ngrams.weights[1:], ngrams.bias)
    rows, values = known.features("가나다 xyz")
    assert len(rows) < len(hashes_of("가나다 xyz")[0])
    assert np.linalg.norm(values) == pytest.approx(1, abs=1e-6)
    only_space = ngrams("xyz")  # the space at both ends is known, nothing else is
    assert only_space.shape == (3,)
    assert np.isfinite(only_space).all()


def test_a_line_with_nothing_known_is_answered_by_the_bias() -> None:
    ngrams = ngrams_of("가나다")
    none = Ngrams(np.array([7], np.uint32), ngrams.idf[:1], ngrams.weights[:1], ngrams.bias)
    np.testing.assert_array_equal(none("xyz"), none.bias)


def test_the_file_reads_back(tmp_path: Path) -> None:
    ngrams = ngrams_of("오늘 기분 최고다")
    ngrams.save(tmp_path / "n.safetensors")
    again = load_ngrams(tmp_path / "n.safetensors", 3)
    np.testing.assert_array_equal(again.hashes, ngrams.hashes)
    steps = np.abs(ngrams.weights).max(axis=0) / 127
    assert (np.abs(again.weights - ngrams.weights) <= steps / 2 + 1e-6).all()
    np.testing.assert_allclose(again("기분"), ngrams("기분"), atol=0.05)


def test_a_file_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "n.safetensors"
    with pytest.raises(ModelError, match="cannot be read"):
        load_ngrams(path, 3)
    path.write_bytes(b"rubbish")
    with pytest.raises(ModelError, match="cannot be read"):
        load_ngrams(path, 3)
    save_file({"hashes": np.zeros(1, np.uint32)}, path)
    with pytest.raises(ModelError, match="not a file of n-grams"):
        load_ngrams(path, 3)
    ngrams_of("가나다").save(path)
    with pytest.raises(ModelError, match="a model of 6 emotions"):
        load_ngrams(path, 6)
    ngrams = ngrams_of("가나다")
    Ngrams(ngrams.hashes[::-1], ngrams.idf, ngrams.weights, ngrams.bias).save(path)
    with pytest.raises(ModelError, match="ascending"):
        load_ngrams(path, 3)
