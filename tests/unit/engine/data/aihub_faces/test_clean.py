import json
import shutil
import sqlite3
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from emopic_engine.data.aihub_faces import clean as cleaner
from emopic_engine.data.aihub_faces.clean import Cleaning, clean_faces
from emopic_engine.data.aihub_faces.index import KEPT, FaceIndex
from emopic_engine.data.aihub_faces.pictures import Cutting
from emopic_engine.data.aihub_faces.report import emotion_rows, render_face_report
from emopic_engine.data.aihub_faces.rules import RULES, Limits
from emopic_engine.errors import DataError
from emopic_engine.train.stargan_data import read_folders

from .conftest import box, photo

pytestmark = pytest.mark.models
QUIET = Console(quiet=True)
SMALL = Cleaning(Cutting(size=64), Limits(side=48))
WRONG = ("annotators", "ambiguous", "removed", "boxes", "unreadable", "small")
WRONG += ("no_face", "light", "half_shadow")
KEPT_BY_EMOTION = {
    "joy": {"joy", "joy of another", "joy by three of four"},
    "anger": {"anger"},
    "anxiety": {"anxiety"},
    "neutral": {"neutral, upside down"},
    "sadness": {"sadness, mirrored"},
    "surprise": {"surprise"},
}


def run(sources, out, cleaning=SMALL, **options):
    index = clean_faces(sources, out, cleaning, QUIET, backend="torch", **options)
    try:
        return index.results(), index.totals(), render_face_report(index, QUIET)
    finally:
        index.close()


def results_of(out):
    base = sqlite3.connect(out / "index.sqlite")
    try:
        return dict(base.execute("SELECT name, result FROM records"))
    finally:
        base.close()


def written(out):
    return {path.relative_to(out).as_posix() for path in out.rglob("*.jpg")}


@pytest.fixture(scope="module")
def cleaned(zipped_set, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return out, *run([zipped_set.folder], out)


def test_every_picture_meets_its_rule(cleaned, zipped_set):
    results = results_of(cleaned[0])
    for key, name in zipped_set.names.items():
        rule = key.partition(":")[0]
        expected = rule if rule in RULES else None if key == "without picture" else KEPT
        assert results[name] == expected, key


def test_counts_and_leftovers(cleaned):
    _, results, totals, _ = cleaned
    assert {rule: results[rule] for rule in WRONG} == {**dict.fromkeys(WRONG, 1), "ambiguous": 2}
    assert results[KEPT] == 8
    assert totals == {
        "pictures": 19,
        "records": 19,
        "without_picture": 1,
        "without_record": 1,
        "refused": 0,
    }


def test_the_faces_are_what_a_trainer_reads(cleaned, zipped_set):
    found = read_folders(cleaned[0] / "train")
    assert found.counts == {name: len(keys) for name, keys in sorted(KEPT_BY_EMOTION.items())}
    names = {path.stem for path in found.paths}
    kept = {key for keys in KEPT_BY_EMOTION.values() for key in keys}
    assert names == {zipped_set.names[key].rpartition(".")[0] for key in kept}


def face(out, folder, name):
    with Image.open(out / "train" / folder / f"{name.rpartition('.')[0]}.jpg") as image:
        assert image.size == (64, 64)
        return np.asarray(image, np.float32)


def test_turned_pictures_are_cut_where_upright_ones_are(cleaned, zipped_set):
    """Boxes are in coordinates of the upright picture; the stored pixels are turned."""
    left, top, right, bottom = np.mean([box(), box(3.25), box(-2.5)], axis=0)
    middle, half = (left + right) / 2, (bottom - top) / 2
    area = (middle - half, top, middle + half, bottom)
    for key, korean in (("neutral, upside down", "중립"), ("sadness, mirrored", "슬픔")):
        folder = "neutral" if korean == "중립" else "sadness"
        upright = np.asarray(photo(korean).crop(area).resize((64, 64)), np.float32)
        assert np.abs(face(cleaned[0], folder, zipped_set.names[key]) - upright).mean() < 6


def test_unpacked_folders_in_utf8_give_the_same(cleaned, folder_set, tmp_path):
    out, results, totals, _ = cleaned
    assert run([folder_set.folder], tmp_path)[:2] == (results, totals)
    assert written(tmp_path) == written(out)


def test_processes_give_the_same(cleaned, zipped_set, tmp_path):
    out, results, _, _ = cleaned
    assert run([zipped_set.folder], tmp_path, workers=2)[0] == results
    assert written(tmp_path) == written(out)


def test_a_stopped_run_goes_on_where_it_was(cleaned, zipped_set, tmp_path, monkeypatch):
    monkeypatch.setattr(cleaner, "_CHUNK", 4)
    looked_at = []
    real = cleaner.look_at

    def look(task, *rest):
        if len(looked_at) == 6:
            raise KeyboardInterrupt
        looked_at.append(task.place.name)
        return real(task, *rest)

    monkeypatch.setattr(cleaner, "look_at", look)
    with pytest.raises(KeyboardInterrupt):
        run([zipped_set.folder], tmp_path)
    monkeypatch.setattr(
        cleaner, "look_at", lambda *a: (looked_at.append(a[0].place.name), real(*a))[1]
    )
    results, totals, _ = run([zipped_set.folder], tmp_path)
    assert (results, totals) == cleaned[1:3]
    assert written(tmp_path) == written(cleaned[0])
    # The chunk that was under way is looked at again, finished ones are not.
    assert len(looked_at) == len(set(looked_at)) + 2
    again = len(looked_at)
    assert run([zipped_set.folder], tmp_path)[0] == results
    assert len(looked_at) == again


def test_a_rule_can_be_switched_off(cleaned, zipped_set, tmp_path):
    off = frozenset({"half_shadow", "ambiguous"})
    results, _, _ = run([zipped_set.folder], tmp_path, replace(SMALL, off=off))
    assert "half_shadow" not in results
    assert "ambiguous" not in results
    assert results[KEPT] == cleaned[1][KEPT] + 3


def test_stricter_agreement(zipped_set, tmp_path):
    cleaning = replace(SMALL, limits=Limits(agreement=4, side=48))
    results, _, _ = run([zipped_set.folder], tmp_path, cleaning)
    assert results["ambiguous"] == 3


def test_people_are_set_apart_as_a_whole(zipped_set, tmp_path):
    run([zipped_set.folder], tmp_path, replace(SMALL, held_out=0.5))
    sides = {side: read_stems(tmp_path / side) for side in ("train", "held_out")}
    people = {side: {stem.split("_")[0] for stem in stems} for side, stems in sides.items()}
    assert not people["train"] & people["held_out"]
    assert sum(map(len, sides.values())) == 8


def read_stems(folder):
    return {path.stem for path in folder.rglob("*.jpg")}


def test_faces_can_be_aligned_as_the_server_does(zipped_set, tmp_path, cleaned):
    results, _, _ = run(
        [zipped_set.folder], tmp_path, replace(SMALL, cutting=Cutting(64, align=True))
    )
    assert results == cleaned[1]
    name = zipped_set.names["joy"]
    assert np.abs(face(tmp_path, "joy", name) - face(cleaned[0], "joy", name)).mean() > 5


def test_other_settings_or_sources_are_not_mixed_in(zipped_set, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(zipped_set.folder, source)
    out = tmp_path / "out"
    run([source], out)
    with pytest.raises(DataError, match=r"cutting was .*choose a new --out"):
        run([source], out, Cleaning(Cutting(size=32), SMALL.limits))
    archive = next(source.rglob("*원천*기쁨*.zip"))
    with archive.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(DataError, match="has changed since it was read"):
        run([source], out)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"off": frozenset({"shadow"})}, "unknown rule 'shadow': use annotators"),
        ({"off": frozenset({"unreadable"})}, "cannot be switched off"),
        ({"limits": Limits(agreement=5)}, "agreement must be 1"),
        ({"cutting": Cutting(size=8)}, "size must be at least 16"),
    ],
)
def test_settings_that_cannot_be(change, said):
    with pytest.raises(DataError, match=said):
        replace(SMALL, **change)


def test_sources_that_cannot_be(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "torn.zip").write_bytes(b"PK\x03\x04 and no end")
    (tmp_path / "broken.json").write_text('[{"filename": "a.jpg"')
    for name, said in (
        ("none", "there is no"),
        ("notes.txt", r"neither a folder nor a \.zip or \.json"),
        ("torn.zip", "not a ZIP archive"),
        ("broken.json", r"broken\.json, record 1"),
    ):
        with pytest.raises(DataError, match=said):
            run([tmp_path / name], tmp_path / f"out-{name}")


def test_a_record_that_says_too_little_is_listed(tmp_path):
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps([{"filename": "a.jpg"}, {"filename": 3}]))
    _, totals, page = run([labels], tmp_path / "out")
    assert totals["refused"] == 2
    assert "faceExp_uploader is None, expected text" in page


def test_the_report_shows_counts_and_pictures(cleaned, zipped_set):
    page = cleaned[3]
    for text in ("당황 → 놀람 surprise", "상처 left out", "20s", "40s", "male 남", *RULES):
        assert text in page
    assert page.count("data:image/jpeg;base64,") == 8 + 9  # kept, and left out with a picture
    assert zipped_set.names["light"] in page
    assert "unreadable" in page


def test_counts_before_and_after(cleaned):
    index = FaceIndex(cleaned[0] / "index.sqlite")
    try:
        rows = {label.split()[0]: (before, after) for label, before, after in emotion_rows(index)}
    finally:
        index.close()
    assert rows["기쁨"] == (6, 3)
    assert rows["당황"] == (2, 1)
    assert rows["상처"] == (1, 0)
