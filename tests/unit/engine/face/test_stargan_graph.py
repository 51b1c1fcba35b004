import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from emopic_engine.backends import load_backend
from emopic_engine.errors import ModelError
from emopic_engine.face.stargan_graph import StarganConfig, read_stargan_config, stargan_graph
from emopic_engine.train.stargan_export import export_stargan

GOLDEN = Path(__file__).parent / "golden"
CONFIG = StarganConfig(("joy", "anger", "neutral"), size=48)


@pytest.fixture(scope="module")
def model_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stargan") / "model"
    export_stargan(GOLDEN / "tiny-G.ckpt", folder, CONFIG)
    return folder


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_golden_pictures_on_every_backend(model_dir, backend):
    with Image.open(GOLDEN / "tiny.png") as image:
        face, *golden = np.split(np.asarray(image), 4, axis=1)
    picture = (face.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1).repeat(3, axis=0)
    run = load_backend(backend, precision="f32", threads=1).compile(stargan_graph(model_dir))
    (made,) = run(np.ascontiguousarray(picture), np.eye(3, dtype=np.float32))
    pixels = ((made + 1) * 127.5).round().transpose(0, 2, 3, 1)
    assert np.abs(pixels - np.stack(golden)).max() <= 1


def test_the_configuration_comes_back(model_dir):
    assert read_stargan_config(model_dir) == CONFIG


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "emopic-live"}, "model_type is 'emopic-live'"),
        ({"emotions": []}, "emotions must be different names"),
        ({"emotions": ["joy", "joy", "neutral"]}, "emotions must be different names"),
        ({"shown": ["fear"]}, "shown has .'fear'."),
        ({"size": 50}, "size must be a multiple of 4"),
        ({"cover": "some"}, "cover must be one of changed, all"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_configuration_is_named(model_dir, tmp_path, change, said):
    folder = tmp_path / "model"
    shutil.copytree(model_dir, folder)
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ModelError, match=said):
        read_stargan_config(folder)


def test_the_number_of_domains_must_fit(model_dir, tmp_path):
    with pytest.raises(ModelError, match="3 domains, but 2 emotions"):
        export_stargan(GOLDEN / "tiny-G.ckpt", tmp_path, StarganConfig(("joy", "anger"), 48))
    folder = tmp_path / "model"
    shutil.copytree(model_dir, folder)
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "emotions": ["joy"]}))
    with pytest.raises(ModelError, match="3 domains, config"):
        stargan_graph(folder).module()


def test_the_key_follows_weights_and_size(model_dir, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(model_dir, folder)
    same = stargan_graph(folder).key
    assert same == stargan_graph(model_dir).key
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "size": 64}))
    assert stargan_graph(folder).key != same


def test_reading_a_model_directory_does_not_import_torch(model_dir):
    code = (
        "import sys; from pathlib import Path; "
        "from emopic_engine.face.stargan_graph import stargan_graph; "
        f"stargan_graph(Path({str(model_dir)!r})); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
