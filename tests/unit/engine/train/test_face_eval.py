import numpy as np
import pytest
from tests.unit.engine.train.face_noise import NAMED, SHOTS, write_noise

from emopic_engine.data.faces.actions import CHANNELS, EMOTIONS, NEUTRAL, one_hot
from emopic_engine.data.faces.dataset import PER_SHARD, shard_path
from emopic_engine.errors import DataError
from emopic_engine.face.compose import Maps, paint
from emopic_engine.train.face_detector_import import (
    detector_name,
    landmark_name,
    read_weights,
    torch_layout,
)
from emopic_engine.train.face_eval import MOVING, STRENGTHS, Verdict, confusion, evaluate_faces
from emopic_engine.train.face_held_out import HeldOut, Lively, read_held_out
from emopic_engine.train.face_judge import cut_out, framed
from emopic_engine.train.face_maker import applied, one_hots
from emopic_engine.train.face_measures import (
    FRAMES,
    difference,
    edge_difference,
    jump,
    rank_correlation,
    transition,
)
from emopic_engine.train.face_report import as_markdown, as_values, demands
from emopic_engine.train.face_sheets import varied, write_sheets

COUNT = len(EMOTIONS)
SHADES = np.arange(COUNT) * 40 + 20


class Reader:
    """Reads the emotion off the brightness, as `people` paints it; surer the nearer."""

    name = "reader"

    def __call__(self, faces):
        distance = np.abs(np.array([face.mean() for face in faces])[:, None] - SHADES)
        scores = np.exp(-distance / 20)
        return (scores / scores.sum(1, keepdims=True)).astype(np.float32)


class Finder:
    def __init__(self, lost=()):
        self.lost, self.calls = lost, -1

    def find_face(self, _picture):
        self.calls += 1
        return None if self.calls in self.lost else Box()


class Box:
    x = y = 100.0
    width = height = 90.0


class Painter:
    """A generator that paints what the expression asks for: a mean of the shades."""

    channels, size = CHANNELS, 128

    def __call__(self, _crop, expressions):
        shares = expressions[:, :COUNT] / expressions[:, :COUNT].sum(1, keepdims=True)
        return painted(shares @ SHADES)


class Stubborn(Painter):
    """A generator that always paints joy."""

    def __call__(self, _crop, expressions):
        return painted(np.full(len(expressions), 20))


def painted(shades):
    return np.tile(np.asarray(shades)[:, None, None, None], (1, 128, 128, 3)).astype(np.uint8)


def people(count):
    full = np.stack([painted(SHADES)] * count)
    expression = one_hot("neutral")
    expression[-2] = 0.9
    lively = (Lively(0, expression, painted([99])[0]),)
    looks = tuple(("soft", "cel")[index % 2] for index in range(count))
    return HeldOut(full, looks, full[:, :2], lively)


@pytest.fixture(scope="module")
def perfect():
    return evaluate_faces(people(3), Painter(), Finder(lost=(1,)), [Reader()])


def verdicts(report):
    return {verdict.pictures: verdict for verdict in report.verdicts}


def test_what_paints_the_truth_is_read_as_the_truth(perfect):
    assert perfect.people == {"soft": 2}
    assert perfect.missed == {"cel": 1}
    for verdict in perfect.verdicts:
        assert verdict.accuracy == 1.0
    assert verdicts(perfect)["from other expressions"].confusion.sum() == 2 * 5 * COUNT
    assert perfect.from_rest.pixels == perfect.from_others.pixels == 0
    assert perfect.from_rest.pixels_of_copy > 0


def test_a_constant_generator_is_not():
    report = evaluate_faces(people(2), Stubborn(), Finder(), [Reader()])
    read = verdicts(report)
    assert read["rendered"].accuracy == 1.0
    assert read["generated"].accuracy == pytest.approx(1 / COUNT)
    assert (read["generated"].confusion[:, 0] == 2).all()
    assert {strength.correlation for strength in report.strengths} == {0.0}
    missed = [demand.what for demand in demands(report) if not demand.met]
    assert any("below the rendered truth" in what for what in missed)
    assert any("rank correlation" in what for what in missed)


def test_scores_follow_strength_where_the_generator_does(perfect):
    strengths = {strength.emotion: strength for strength in perfect.strengths}
    assert set(strengths) == set(MOVING)
    anger = strengths["sadness"]  # next to neutral in brightness: nothing lies between
    assert anger.correlation == pytest.approx(1.0)
    assert len(anger.curve) == len(STRENGTHS)


def test_lids_and_jaw_are_measured_where_they_were_drawn(perfect):
    assert set(perfect.lively) == {CHANNELS[-2]}


def test_looks_are_judged_apart():
    report = evaluate_faces(people(4), Painter(), Finder(), [Reader()])
    assert {look: table.sum() for look, table in report.verdicts[0].by_look.items()} == {
        "soft": 2 * COUNT,
        "cel": 2 * COUNT,
    }


def test_the_report_says_which_demands_are_met(perfect):
    met = {demand.what: demand.met for demand in demands(perfect)}
    assert not met["at least 60 held-out people judged"]
    assert met["reader: at most 5 points below the rendered truth"]
    assert met["difference outside the feather exactly 0"]
    text = as_markdown(perfect)
    assert "| at least 60 held-out people judged | 2 | **no** |" in text
    assert "soft (2, 0 not found)" in text
    assert as_values(perfect)["verdicts"][0]["accuracy"] == 1.0


def test_sheets_are_written(tmp_path):
    paths = write_sheets(tmp_path, people(3), Painter())
    assert {path.stem for path in paths} >= {"faces_heldout", "faces_mouths", "faces_lively"}
    assert all(path.stat().st_size > 1000 for path in paths)


def test_every_look_is_on_a_sheet():
    assert varied(("a", "a", "a", "b", "c"), 4) == [0, 3, 4, 1]


def test_confusion_skips_people_without_a_face():
    table = confusion(Reader(), people(2).full, [None, (100, 100, 90, 90)])
    assert (table == np.eye(COUNT)).all()


def test_accuracy_is_the_diagonal():
    table = np.zeros((COUNT, COUNT), np.int64)
    table[NEUTRAL, NEUTRAL], table[0, 1] = 3, 1
    assert Verdict("j", "rendered", {"soft": table}).accuracy == 0.75


def test_edges_count_blur_and_not_brightness():
    sharp = np.zeros((1, 8, 8, 3), np.uint8)
    sharp[:, :, ::2] = 200
    assert edge_difference(sharp, sharp) == 0
    flat = np.full_like(sharp, 100)
    assert edge_difference(flat, flat + 50) == 0
    assert difference(flat, flat + 51) == pytest.approx(0.2)
    assert edge_difference(flat, sharp) == pytest.approx(200 / 255 / 2)


@pytest.mark.parametrize(
    ("curve", "expected"), [((1, 2, 3), 1.0), ((3, 2, 1), -1.0), ((1, 1, 1), 0.0)]
)
def test_rank_correlation(curve, expected):
    assert rank_correlation(np.array(curve, float)) == pytest.approx(expected)


def test_a_jump_is_the_largest_step_in_mean_steps():
    steady = painted(np.arange(FRAMES) * 10)
    assert jump(steady) == pytest.approx(1.0)
    assert jump(painted([0] * 6 + [110] * 6)) == pytest.approx(FRAMES - 1)
    rows = transition(np.zeros(2, np.float32), np.ones(2, np.float32))
    assert rows.shape == (FRAMES, 2)
    assert (rows[0], rows[-1]) == (pytest.approx(0), pytest.approx(1))


def test_expressions_are_asked_for_as_in_training():
    rows = one_hots(CHANNELS, ("joy", "neutral", "blink"), 0.25)
    joy, blink = CHANNELS.index("joy"), CHANNELS.index("blink")
    assert (rows[0, joy], rows[0, NEUTRAL]) == (0.25, 0.75)
    assert (rows[1, NEUTRAL], rows[1].sum()) == (1, 1)
    assert (rows[2, NEUTRAL], rows[2, blink]) == (1, 0.25)
    assert one_hots(EMOTIONS, ("blink",)).sum() == 1  # not a channel of this model


def test_held_out_people_are_those_of_the_last_shards(tmp_path):
    folder = write_noise(tmp_path, shards=3)
    found = read_held_out(folder)
    assert len(found) == PER_SHARD
    assert found.full.shape == (PER_SHARD, COUNT, 128, 128, 3)
    assert found.odd.shape[1] == SHOTS - NAMED
    assert set(found.looks) == {"soft"}
    assert all((item.expression[COUNT:] > 0.5).any() for item in found.lively)
    few = read_held_out(folder, 3)
    assert (len(few), len(few.odd), max(item.person for item in few.lively)) == (3, 3, 2)
    shard_path(folder, 2).unlink()
    with pytest.raises(DataError, match="no held-out people"):
        read_held_out(folder)


def test_maps_are_applied_without_a_feather():
    crop = np.zeros((128, 128, 3), np.uint8)
    crop[:, 64:] = 200
    flow = np.zeros((128, 128, 2), np.float32)
    flow[..., 0] = 0.5  # fetch from half a picture to the right
    cover = np.zeros((128, 128), np.float32)
    cover[0] = 1
    made = applied(crop, Maps(flow, paint(np.ones((3, 128, 128), np.float32), cover)))
    assert (made[1:, :] == 200).all()
    assert (made[0] == 255).all()


def test_the_frame_repeats_the_edge():
    picture = framed(np.full((128, 128, 3), 77, np.uint8))
    assert picture.shape == (352, 352, 3)
    assert (picture == 77).all()
    assert cut_out(picture, (10, 20, 30, 40)).shape == (40, 30, 3)


@pytest.mark.parametrize(
    ("published", "ours"),
    [
        ("conv0/filters", "first.weight"),
        ("conv3/depthwise_filter", "layers.2.depthwise.weight"),
        ("conv5/bias", "layers.4.pointwise.bias"),
        ("conv8/bias", "last.bias"),
    ],
)
def test_detector_names(published, ours):
    assert detector_name(published) == ours


@pytest.mark.parametrize(
    ("published", "ours"),
    [
        ("dense0/conv0/filters", "blocks.0.conv0.weight"),
        ("dense0/conv1/pointwise_filter", "blocks.0.conv1.pointwise.weight"),
        ("dense2/conv0/bias", "blocks.2.conv0.pointwise.bias"),
        ("fc/weights", "points.weight"),
    ],
)
def test_landmark_names(published, ours):
    assert landmark_name(published) == ours


def test_layouts():
    assert torch_layout("a.depthwise.weight", np.zeros((3, 3, 8, 1), np.float32)).shape == (
        8,
        1,
        3,
        3,
    )
    assert torch_layout("a.weight", np.zeros((3, 3, 2, 8), np.float32)).shape == (8, 2, 3, 3)
    assert torch_layout("points.weight", np.zeros((256, 136), np.float32)).shape == (136, 256)


def test_quantised_weights_are_read_and_lengths_checked(tmp_path):
    manifest = (
        '[{"weights": [{"name": "a", "shape": [2], "quantization": {"scale": 0.5, "min": -1}}]}]'
    )
    (tmp_path / "m-weights_manifest.json").write_text(manifest)
    (tmp_path / "m.bin").write_bytes(bytes([0, 4]))
    assert read_weights(tmp_path, "m")["a"].tolist() == [-1.0, 1.0]
    (tmp_path / "m.bin").write_bytes(bytes([0, 4, 9]))
    with pytest.raises(DataError, match="describes 2 bytes"):
        read_weights(tmp_path, "m")
