"""The picture cache: bounded in bytes, least recently used goes first."""

from __future__ import annotations

from emopic_engine.atlas import Atlas, Picture


def picture(size: int) -> Picture:
    return Picture(bytes(size), "jpeg", 8, 8, None)


def test_a_kept_picture_comes_back_and_is_counted():
    atlas = Atlas()
    assert atlas.get("a") is None
    atlas.put("a", picture(100))
    assert atlas.get("a") == picture(100)
    stats = atlas.stats()
    assert (stats.hits, stats.misses, stats.evictions) == (1, 1, 0)
    assert stats.bytes >= 100


def test_the_least_recently_used_goes_first():
    atlas = Atlas(max_bytes=3000)
    atlas.put("a", picture(1000))
    atlas.put("b", picture(1000))
    assert atlas.get("a") is not None
    atlas.put("c", picture(1000))
    assert atlas.get("b") is None
    assert atlas.get("a") is not None
    assert atlas.get("c") is not None
    assert atlas.stats().evictions == 1
    assert atlas.stats().bytes <= 3000


def test_what_cannot_fit_is_not_kept():
    atlas = Atlas(max_bytes=500)
    atlas.put("big", picture(501))
    assert atlas.get("big") is None
    assert atlas.stats().bytes == 0


def test_replacing_does_not_leak_bytes():
    atlas = Atlas()
    for _ in range(5):
        atlas.put("a", picture(1000))
    before = atlas.stats().bytes
    atlas.put("a", picture(1000))
    assert atlas.stats().bytes == before


def test_a_cache_of_no_bytes_keeps_nothing():
    atlas = Atlas(max_bytes=0)
    atlas.put("a", picture(1))
    assert atlas.get("a") is None
