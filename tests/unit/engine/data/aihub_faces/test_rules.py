from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from emopic_engine.data.aihub_faces.labels import parse_record
from emopic_engine.data.aihub_faces.rules import (
    Limits,
    agreed_box,
    judge_labels,
    judge_light,
    measure_light,
    overlap,
)

from .conftest import RENDERS, Item, box

NONE = frozenset()


def judged(uploader, votes, off=NONE, **limits):
    record = parse_record(Item(uploader, votes).record(1))
    return judge_labels(record, Limits(**limits), frozenset(off))


@pytest.mark.parametrize(
    ("uploader", "votes", "rule", "label"),
    [
        ("기쁨", ("기쁨", "기쁨", "기쁨"), None, "기쁨"),
        ("기쁨", ("기쁨", "기쁨", "중립"), None, "기쁨"),
        ("당황", ("불안", "불안", "불안"), None, "불안"),
        ("당황", ("불안", "불안", "당황"), "ambiguous", "당황"),
        ("당황", ("불안", "불안", "슬픔"), "ambiguous", "불안"),
        ("기쁨", ("기쁨", "기쁨", "알수없음"), "ambiguous", "기쁨"),
        ("불안", ("불안", "당황", "슬픔"), "annotators", "불안"),
        ("기쁨", (None, None, "기쁨"), "annotators", "기쁨"),
        ("상처", ("상처", "상처", "상처"), "removed", "상처"),
        ("슬픔", ("상처", "상처", "상처"), "removed", "상처"),
    ],
)
def test_labels(uploader, votes, rule, label):
    verdict = judged(uploader, votes)
    assert (verdict.rule, verdict.label) == (rule, label)


def test_rules_can_be_switched_off_but_not_the_lack_of_a_folder():
    assert judged("당황", ("불안", "불안", "당황"), off={"ambiguous"}).rule is None
    assert judged("불안", ("불안", "당황", "슬픔"), off={"annotators"}).rule == "ambiguous"
    assert judged("상처", ("상처",) * 3, off={"removed"}).rule == "removed"


def test_agreement_of_all_or_of_two():
    assert judged("기쁨", ("기쁨", "기쁨", "중립"), agreement=4).rule == "ambiguous"
    assert judged("당황", ("불안", "불안", "당황"), agreement=2).rule is None


def test_boxes():
    record = parse_record(Item("기쁨", ("기쁨",) * 3).record(1))
    alone = replace(record, boxes=(None, box(), None))
    assert judge_labels(alone, Limits(), NONE).rule == "boxes"
    assert judge_labels(alone, Limits(), frozenset({"boxes"})).box == box()
    empty = replace(record, boxes=(None,) * 3)
    assert judge_labels(empty, Limits(), frozenset({"boxes"})).rule == "boxes"


def test_the_agreed_box_is_the_mean_of_those_that_agree():
    one, other, away = (0, 0, 10, 10), (2, 0, 12, 10), (50, 50, 60, 60)
    assert agreed_box([one, other, one]) == pytest.approx((2 / 3, 0, 32 / 3, 10))
    assert agreed_box([one, away, other]) == (1, 0, 11, 10)
    assert agreed_box([one, other, None]) == (1, 0, 11, 10)
    assert agreed_box([one, away, None]) is None
    assert agreed_box([one, None, None]) is None


def test_overlap():
    assert overlap((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (10, 0, 15, 10)) == 0


def renders():
    for path in sorted(RENDERS.glob("*.jpg")):
        with Image.open(path) as image:
            yield np.asarray(image.crop((18, 12, 110, 126)))


def test_ordinary_light_passes():
    assert [judge_light(measure_light(face), Limits(), NONE) for face in renders()] == [None] * 12


@pytest.mark.parametrize("direction", ["right", "left", "slanting"])
def test_a_half_in_shadow_is_seen_from_each_side(direction):
    for face in renders():
        height, width = face.shape[:2]
        y, x = np.mgrid[0:height, 0:width]
        along = {"right": x / width - 0.5, "left": 0.5 - x / width}
        along["slanting"] = x / width + y / height - 1.05
        dark = np.where(along[direction] > 0, 0.2, 1.0)
        shaded = (face * dark[..., None]).astype(np.uint8)
        assert judge_light(measure_light(shaded), Limits(), NONE) == "half_shadow"
        assert judge_light(measure_light(shaded), Limits(), frozenset({"half_shadow"})) is None


def test_light_that_blows_out_is_seen():
    for face in renders():
        blown = np.clip(face.astype(np.float32) * 12, 0, 255).astype(np.uint8)
        assert judge_light(measure_light(blown), Limits(), NONE) == "light"
