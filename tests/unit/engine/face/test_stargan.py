import pytest
import torch
from torch import nn

from emopic_engine.errors import ModelError
from emopic_engine.face.stargan import Generator, PerImageNorm, load_stargan, stargan_graph


def small_net():
    torch.manual_seed(1)
    return Generator(conv_dim=8, c_dim=2, repeat_num=2)


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
def test_running_statistics_are_loaded_but_never_used():
    net = small_net().eval()
    picture, domain = torch.rand(1, 3, 32, 32), torch.eye(2)[:1]
    before = net(picture, domain)
    for module in net.modules():
        if isinstance(module, PerImageNorm):
            module.running_mean.fill_(5.0)
            module.running_var.fill_(9.0)
    assert torch.equal(net(picture, domain), before)


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


def test_a_checkpoint_comes_back(tmp_path):
    net = small_net().eval()
    path = tmp_path / "200000-G.ckpt"
    torch.save(net.state_dict(), path)
    graph = stargan_graph(path, size=32)
    picture, domain = (torch.from_numpy(array) for array in graph.example())
    with torch.inference_mode():
        assert torch.equal(graph.module()(picture, domain), net(picture, domain))


def test_a_checkpoint_from_before_batch_counters_loads(tmp_path):
    state = small_net().state_dict()
    old = {name: value for name, value in state.items() if "num_batches" not in name}
    torch.save(old, tmp_path / "old-G.ckpt")
    assert load_stargan(tmp_path / "old-G.ckpt").main[0].in_channels == 5


def test_pickled_code_is_not_run(tmp_path):
    path = tmp_path / "evil-G.ckpt"
    torch.save({"main.0.weight": Trap()}, path)
    with pytest.raises(ModelError, match="not a StarGAN generator"):
        load_stargan(path)


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("code from a checkpoint was run",))
