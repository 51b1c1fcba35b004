import numpy as np
import pytest
import torch
from PIL import Image

from emopic_engine.emotions import Emotions
from emopic_engine.errors import DataError
from emopic_engine.train.stargan_data import (
    FacePictures,
    StepPlaces,
    batches,
    read_folders,
    read_picture,
    some_of_each,
    with_wanted,
)


def picture(path, width=8, height=8, colour=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), (colour, colour, colour)).save(path)


@pytest.fixture
def folder(tmp_path):
    for name, count in (("기쁨", 3), ("분노", 2)):
        for number in range(count):
            picture(tmp_path / name / "part" / f"{number}.png", colour=10 * number)
    (tmp_path / "기쁨" / "notes.txt").write_text("not a picture")
    return tmp_path


def test_folders_are_emotions_in_the_order_of_their_names(folder):
    found = read_folders(folder)
    assert found.emotions.names == ("joy", "anger")
    assert found.counts == {"joy": 3, "anger": 2}
    assert found.labels.tolist() == [0, 0, 0, 1, 1]


def test_emotions_can_be_chosen_and_ordered(folder):
    found = read_folders(folder, Emotions.from_labels(("anger", "joy")))
    assert found.labels.tolist() == [0, 0, 1, 1, 1]
    assert found.paths[0].parts[-3] == "분노"
    assert read_folders(folder, Emotions.from_labels(("joy",))).counts == {"joy": 3}


def test_what_is_missing_is_named(folder, tmp_path):
    with pytest.raises(DataError, match="no folder for fear; it has 기쁨, 분노"):
        read_folders(folder, Emotions.from_labels(("joy", "fear")))
    with pytest.raises(DataError, match="there is no folder"):
        read_folders(tmp_path / "none")
    (folder / "슬픔").mkdir()
    with pytest.raises(DataError, match="슬픔 holds no pictures"):
        read_folders(folder)
    (folder / "joy").mkdir()
    with pytest.raises(DataError, match="one folder for each emotion"):
        read_folders(folder)


def test_the_centre_is_cut_out_and_resized(tmp_path):
    pixels = np.zeros((10, 20, 3), np.uint8)
    pixels[:, 5:15] = 200
    pixels[4:6, 9:11] = 100
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    assert (read_picture(tmp_path / "wide.png", 10) >= 100).all()
    assert (read_picture(tmp_path / "wide.png", 4, crop=2) == 100).all()


def test_pictures_are_turned_upright(tmp_path):
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:4] = 255
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    Image.fromarray(pixels).save(tmp_path / "down.png", exif=exif)
    assert read_picture(tmp_path / "down.png", 8)[0, 0, 0] == 0


def test_a_picture_that_cannot_be_used_is_named(tmp_path):
    picture(tmp_path / "small.png")
    with pytest.raises(DataError, match=r"small\.png has 8×8 pixels, less than the crop of 9"):
        read_picture(tmp_path / "small.png", 8, crop=9)
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(DataError, match=r"torn\.jpg cannot be read"):
        read_picture(tmp_path / "torn.jpg", 8)


def test_pictures_are_normalised_and_mirrored(tmp_path):
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[:, 0] = 255
    (tmp_path / "joy").mkdir()
    Image.fromarray(pixels).save(tmp_path / "joy" / "0.png")
    data = FacePictures(read_folders(tmp_path), 4)
    plain, label = data[0, False]
    mirrored, _ = data[0, True]
    assert label == 0
    assert plain[0, 0].tolist() == [1, -1, -1, -1]
    assert mirrored[0, 0].tolist() == [-1, -1, -1, 1]


def test_every_picture_comes_once_before_any_comes_again():
    places = [index for step in StepPlaces(7, 3, 5, 0, 7) for index, _ in step]
    assert [sorted(places[start : start + 7]) for start in (0, 7, 14)] == [list(range(7))] * 3
    assert places[:7] != places[7:14]


def test_steps_do_not_depend_on_where_one_starts():
    whole = list(StepPlaces(11, 4, 2, 0, 9))
    assert list(StepPlaces(11, 4, 2, 5, 9)) == whole[5:]
    assert list(StepPlaces(11, 4, 3, 0, 9)) != whole
    mirrored = [flip for step in StepPlaces(11, 64, 2, 0, 20) for _, flip in step]
    assert 0.45 < np.mean(mirrored) < 0.55


def test_workers_read_the_same(folder):
    data = FacePictures(read_folders(folder), 8)
    plain, ahead = (list(batches(data, StepPlaces(5, 2, 0, 0, 3), count)) for count in (0, 1))
    for one, other in zip(plain, ahead, strict=True):
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[1], other[1])


def test_wanted_domains_are_the_batchs_own_in_another_order():
    labels = torch.tensor([0, 0, 1, 2, 2, 2])
    pictures = torch.zeros(6, 3, 4, 4)
    batch = with_wanted(pictures, labels, seed=1, step=4, domain=None)
    assert sorted(batch.wanted.tolist()) == labels.tolist()
    again = with_wanted(pictures, labels, seed=1, step=4, domain=None)
    assert torch.equal(batch.wanted, again.wanted)
    assert torch.equal(batch.mix, again.mix)
    assert batch.mix.shape == (6, 1, 1, 1)
    assert with_wanted(pictures, labels, 1, 4, domain=1).wanted.tolist() == [1] * 6


def test_sheets_show_the_emotions_in_turn(folder):
    data = read_folders(folder)
    chosen = some_of_each(data, 4, seed=0)
    assert data.labels[list(chosen)].tolist() == [0, 1, 0, 1]
    assert len(set(some_of_each(data, 9, seed=0))) == 5
