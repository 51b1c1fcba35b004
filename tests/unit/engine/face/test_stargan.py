from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from emopic_engine.errors import ModelError
from emopic_engine.face.stargan import Generator, PerImageNorm, load_stargan, read_checkpoint

# A small checkpoint and a sheet: a face, then what each of its three domains makes of it. The
# sheet was computed in float64, layer by layer, each picture normalised with its own statistics.
GOLDEN = Path(__file__).parent / "golden"


def small_net():
    torch.manual_seed(1)
    return Generator(conv_dim=8, c_dim=2, repeat_num=2)


def golden_sheet():
    with Image.open(GOLDEN / "tiny.png") as image:
        sheet = np.asarray(image)
    return [sheet[:, 48 * place : 48 * place + 48] for place in range(4)]


def made_by(net, face):
    picture = torch.from_numpy(face.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1)
    with torch.inference_mode():
        made = torch.cat([net(picture, row[None]) for row in torch.eye(3)])
    return ((made + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()


def test_golden_pictures():
    face, *golden = golden_sheet()
    made = made_by(load_stargan(GOLDEN / "tiny-G.ckpt"), face)
    for own, right in zip(made, golden, strict=True):
        assert np.abs(own.astype(int) - right).max() <= 1


def test_running_statistics_would_give_another_picture():
    """So that the golden pictures could tell the difference."""

    net = load_stargan(GOLDEN / "tiny-G.ckpt")
    for module in net.modules():
        if isinstance(module, PerImageNorm):
            module.forward = nn.InstanceNorm2d.forward.__get__(module)
    face, *golden = golden_sheet()
    assert np.abs(made_by(net, face).astype(int) - np.stack(golden)).mean() > 10


def test_published_sizes_and_names():
    state = Generator().state_dict()
    assert state["main.0.weight"].shape == (64, 9, 7, 7)
    assert state["main.1.running_mean"].shape == (64,)
    assert state["main.9.main.3.weight"].shape == (256, 256, 3, 3)
    assert state["main.21.weight"].shape == (3, 64, 7, 7)
    assert sum(isinstance(m, PerImageNorm) for m in Generator().modules()) == 17


@torch.inference_mode()
def test_evaluation_gives_the_picture_that_training_showed():
    net = small_net()
    picture, domain = torch.rand(1, 3, 32, 32) * 2 - 1, torch.eye(2)[:1]
    shown = net.train()(picture, domain)
    assert torch.equal(net.eval()(picture, domain), shown)


@torch.inference_mode()
def test_the_norm_is_the_published_one_in_training_mode():
    published = nn.InstanceNorm2d(4, affine=True, track_running_stats=True).train()
    x = torch.randn(2, 4, 6, 6) * 3 + 1
    assert torch.allclose(PerImageNorm(4).eval()(x), published(x), atol=1e-6)


@torch.inference_mode()
def test_a_picture_does_not_depend_on_its_neighbours():
    net = small_net().eval()
    pictures, domains = torch.rand(3, 3, 32, 32), torch.eye(2)[[0, 1, 0]]
    together = net(pictures, domains)
    assert torch.allclose(together[1:2], net(pictures[1:2], domains[1:2]), atol=1e-5)


@pytest.mark.parametrize("sizes", [(8, 2, 2), (4, 5, 6), (12, 8, 0)])
def test_sizes_are_read_from_the_tensors(tmp_path, sizes):
    net = Generator(*sizes).eval()
    path = tmp_path / "200000-G.ckpt"
    torch.save(net.state_dict(), path)
    picture, domain = torch.rand(1, 3, 16, 16), torch.eye(sizes[1])[:1]
    with torch.inference_mode():
        assert torch.equal(load_stargan(path)(picture, domain), net(picture, domain))


def test_a_checkpoint_of_several_devices_loads(tmp_path):
    state = {f"module.{name}": value for name, value in small_net().state_dict().items()}
    torch.save(state, tmp_path / "many-G.ckpt")
    assert load_stargan(tmp_path / "many-G.ckpt").main[0].in_channels == 5


@pytest.mark.parametrize("dropped", ["num_batches", "running_"])
def test_statistics_may_be_missing(tmp_path, dropped):
    state = small_net().state_dict()
    old = {name: value for name, value in state.items() if dropped not in name}
    torch.save(old, tmp_path / "old-G.ckpt")
    assert load_stargan(tmp_path / "old-G.ckpt").main[0].in_channels == 5


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda state: state.pop("main.4.weight"), "missing .'main.4.weight'."),
        (lambda state: state.update(extra=torch.zeros(1)), "unexpected .'extra'."),
        (lambda state: state.pop("main.0.weight"), "main.0.weight is missing"),
        (lambda state: state.update({"main.3.weight": torch.zeros(1, 2, 4, 4)}), "main.3.weight"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, spoil, said):
    state = small_net().state_dict()
    spoil(state)
    torch.save(state, tmp_path / "odd-G.ckpt")
    with pytest.raises(ModelError, match=said) as caught:
        load_stargan(tmp_path / "odd-G.ckpt")
    assert "odd-G.ckpt" in str(caught.value)


@pytest.mark.parametrize("content", [[1, 2], {"step": 3}, {}])
def test_other_files_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "other.ckpt")
    with pytest.raises(ModelError, match="holds no table of tensors"):
        read_checkpoint(tmp_path / "other.ckpt")


def test_pickled_code_is_not_run(tmp_path):
    path = tmp_path / "evil-G.ckpt"
    torch.save({"main.0.weight": Trap()}, path)
    with pytest.raises(ModelError, match="not a StarGAN checkpoint"):
        load_stargan(path)


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("code from a checkpoint was run",))
