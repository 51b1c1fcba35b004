import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from emopic_engine.backends import load_backend
from emopic_engine.errors import ModelError
from emopic_engine.face.compose import FaceView, Maps, paint
from emopic_engine.face.crop import centred_crop
from emopic_engine.face.graphs import decoder_graph, encoder_graph, feature_specs, read_settings
from emopic_engine.face.live import (
    DETAIL_FLOW,
    MAX_FLOW,
    FilmBlock,
    Live,
    LiveConfig,
    PixelDecoder,
    apply_maps,
    doubled,
    doubling,
    load_live,
)
from emopic_engine.face.regions import REGIONS

CONFIG = LiveConfig(("calm", "glad", "cross"), widths=(8, 16, 24), style=8)
FINER = replace(CONFIG, detail=8)
LARGER = replace(FINER, size=192)


def small_model(config=CONFIG):
    torch.manual_seed(0)
    model = Live(config)
    for parameter in model.parameters():  # heads start at zero: give them something to say
        torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


def written(folder, config):
    values = {"model_type": "emopic-live", **vars(config)}
    (folder / "config.json").write_text(json.dumps(values))
    save_file(small_model(config).state_dict(), folder / "model.safetensors")
    return folder


@pytest.fixture
def model_dir(tmp_path):
    return written(tmp_path, CONFIG)


@torch.inference_mode()
def test_shapes_and_ranges():
    model = small_model()
    features = model.encoder(torch.rand(2, 3, 128, 128) * 2 - 1)
    assert [tuple(f.shape) for f in features] == [(2, 24, 16, 16), (2, 16, 32, 32), (2, 8, 64, 64)]
    flow, mask, colour = model.decoder(*features, torch.rand(2, 3))
    assert flow.shape == (2, 2, 128, 128)
    assert mask.shape == (2, 1, 128, 128)
    assert colour.shape == (2, 3, 128, 128)
    assert flow.abs().max() <= MAX_FLOW
    assert 0 <= mask.min() <= mask.max() <= 1
    assert colour.abs().max() <= 1


@pytest.mark.parametrize("config", [CONFIG, FINER])
@torch.inference_mode()
def test_a_fresh_model_moves_nothing(config):
    model = Live(config)
    flow, mask, _ = model.decoder(*model.encoder(torch.rand(1, 3, 128, 128)), torch.rand(1, 3))
    assert (flow == 0).all()
    assert mask.max() < 0.2


@pytest.mark.parametrize("side", [128, 192])
@torch.inference_mode()
def test_detail_changes_its_regions_and_nothing_else(side):
    config = replace(FINER, size=side)
    model, plain = small_model(config), Live(replace(config, detail=0)).eval()
    state = model.state_dict()
    plain.load_state_dict({name: state[name] for name in plain.state_dict()})
    picture, expression = torch.rand(1, 3, side, side) * 2 - 1, torch.rand(1, 3)
    ours = model.decoder(*model.encoder(picture), expression)
    trunk = plain.decoder(*plain.encoder(picture), expression)
    outside = torch.ones(side, side, dtype=torch.bool)
    for region in REGIONS:
        outside[region.slices(side)] = False
        rows, columns = region.slices(side)
        for own, other in zip(ours, trunk, strict=True):
            assert (own[..., rows, columns] - other[..., rows, columns]).abs().max() > 1e-3
    for own, other in zip(ours, trunk, strict=True):
        assert own.shape[2:] == (side, side)
        assert (own[..., outside] == other[..., outside]).all()
    assert ours[0].abs().max() <= MAX_FLOW + DETAIL_FLOW


@torch.inference_mode()
def test_gain_is_for_emotions_not_for_lids_and_jaw():
    config = replace(CONFIG, channels=("joy", "blink", "mouth_open"))
    plain, strong = small_model(config), small_model(replace(config, gain=1.3))
    features = plain.encoder(torch.rand(1, 3, 128, 128))
    for column, same in enumerate((False, True, True)):
        expression = torch.eye(3)[column : column + 1]
        first, second = (model.decoder(*features, expression)[0] for model in (plain, strong))
        assert torch.equal(first, second) == same
    asked, stronger = torch.tensor([[1.3, 0.5, 1.0]]), torch.tensor([[1.0, 0.5, 1.0]])
    first, second = plain.decoder(*features, asked)[0], strong.decoder(*features, stronger)[0]
    assert torch.allclose(first, second, atol=1e-6)


@pytest.mark.parametrize("config", [CONFIG, FINER])
@torch.inference_mode()
def test_rows_of_a_batch_do_not_touch_each_other(config):
    model = small_model(config)
    pictures, expressions = torch.rand(3, 3, 128, 128), torch.rand(3, 3)
    together = model.decoder(*model.encoder(pictures), expressions)
    alone = model.decoder(*model.encoder(pictures[1:2]), expressions[1:2])
    for batch, single in zip(together, alone, strict=True):
        assert torch.allclose(batch[1:2], single, atol=1e-4)


@pytest.mark.parametrize("config", [CONFIG, FINER, LARGER])
@torch.inference_mode()
def test_pixels_are_what_training_sees(config):
    model = small_model(config)
    inputs = [*model.encoder(torch.rand(2, 3, config.size, config.size)), torch.rand(2, 3)]
    flow, mask, colour = (values.permute(0, 2, 3, 1) for values in model.decoder(*inputs))
    pixels, paint = PixelDecoder(model.decoder)(*inputs)
    assert torch.equal(pixels, flow)
    assert torch.allclose(paint[..., :3], colour, atol=1e-5)
    assert torch.allclose((paint[..., 3:] + 1) / 2, mask, atol=1e-5)


@torch.inference_mode()
def test_every_block_gets_its_own_films():
    """All films are made at once and handed out in the order in which blocks come to run."""
    decoder = small_model(FINER).decoder
    style, given = torch.rand(2, FINER.style), {}
    decoder.style.register_forward_hook(lambda *_: style)
    blocks = [part for part in decoder.modules() if isinstance(part, FilmBlock)]
    for block in blocks:
        block.register_forward_hook(lambda block, inputs, _: given.update({block: inputs[1:]}))
    decoder(*small_model(FINER).encoder(torch.rand(2, 3, 128, 128)), torch.rand(2, 3))
    for block in blocks:
        scale, shift, scale_second, shift_second = block.film(style)[:, :, None, None].chunk(4, 1)
        wanted = (1 + scale, shift), (1 + scale_second, shift_second)
        for film, want in zip(given[block], wanted, strict=True):
            assert all(map(partial(torch.allclose, atol=1e-5), film, want))


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (4, 7), (64, 64)])
def test_flow_is_doubled_as_by_interpolation(rows, columns):
    flow = torch.rand(2, 2, rows, columns)
    wanted = torch.nn.functional.interpolate(flow, scale_factor=2.0, mode="bilinear")
    assert torch.allclose(doubled(flow, doubling()), wanted, atol=1e-6)


@pytest.mark.parametrize("config", [CONFIG, FINER, LARGER])
def test_graph_specs_are_what_the_modules_do(tmp_path, config):
    model_dir = written(tmp_path, config)
    encoder, decoder = encoder_graph(model_dir), decoder_graph(model_dir)
    assert encoder.outputs == feature_specs(read_settings(model_dir))
    for graph in (encoder, decoder):
        inputs = [torch.from_numpy(array) for array in graph.example()]
        with torch.inference_mode():
            outputs = graph.module()(*inputs)
        for output, spec in zip(outputs, graph.outputs, strict=True):
            assert tuple(output.shape) == (2, *spec.shape[1:])


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_backends_run_the_finer_branch(tmp_path, backend):
    model_dir = written(tmp_path, FINER)
    running = load_backend(backend, precision="f32")  # noise is no fair test of int8
    encode, decode = (running.compile(g(model_dir)) for g in (encoder_graph, decoder_graph))
    picture = np.random.default_rng(0).uniform(-1, 1, (3, 3, 128, 128)).astype(np.float32)
    expression = np.eye(3, dtype=np.float32)
    model = small_model(FINER)
    with torch.inference_mode():
        features = model.encoder(torch.from_numpy(picture))
        wanted = PixelDecoder(model.decoder)(*features, torch.from_numpy(expression))
    for made, want in zip(decode(*encode(picture), expression), wanted, strict=True):
        assert np.abs(made - want.numpy()).max() < 0.02


def test_models_from_before_the_channels_still_load(tmp_path):
    old = {name: value for name, value in vars(CONFIG).items() if name not in ("size", "detail")}
    old["emotions"] = old.pop("channels")
    written(tmp_path, CONFIG)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "emopic-live", **old}))
    settings = read_settings(tmp_path)
    assert (settings.channels, settings.size, settings.detail) == (CONFIG.channels, 128, 0)
    load_live(LiveConfig(**vars(settings)), tmp_path / "model.safetensors")


@pytest.mark.parametrize(("name", "value"), [("size", 100), ("size", 0), ("detail", 12)])
def test_impossible_sizes_are_named(tmp_path, name, value):
    values = {"model_type": "emopic-live", **vars(CONFIG), name: value}
    (tmp_path / "config.json").write_text(json.dumps(values))
    with pytest.raises(ModelError, match=f"{name} is {value}"):
        read_settings(tmp_path)


def test_the_key_follows_weights_and_settings(model_dir):
    before = decoder_graph(model_dir).key
    state = small_model().state_dict()
    state["decoder.flow.bias"] += 1
    save_file(state, model_dir / "model.safetensors")
    assert decoder_graph(model_dir).key != before


def test_missing_or_foreign_files_are_named(tmp_path, model_dir):
    with pytest.raises(ModelError, match=r"config\.json"):
        read_settings(tmp_path / "nowhere")
    (model_dir / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match="bert"):
        read_settings(model_dir)


def test_weights_of_another_size_are_refused(model_dir):
    with pytest.raises(ModelError, match="does not fit"):
        load_live(LiveConfig(("calm",)), model_dir / "model.safetensors")


def test_training_and_compose_apply_maps_alike():
    """Where the feather is 1, the differentiable twin gives what `FaceView` gives."""
    rng = np.random.default_rng(0)
    coarse = rng.normal(size=(2, 8, 8)).astype(np.float32) * 0.05
    flow = torch.nn.functional.interpolate(
        torch.from_numpy(coarse)[None], size=128, mode="bilinear", align_corners=False
    )
    soft = (
        rng.integers(0, 256, (12, 12, 3)).astype(np.uint8).repeat(11, 0).repeat(11, 1)[:128, :128]
    )
    mask = torch.full((1, 1, 128, 128), 0.3)
    colour = torch.full((1, 3, 128, 128), 0.2)
    source = torch.from_numpy(soft).permute(2, 0, 1)[None].float() / 127.5 - 1
    trained = apply_maps(source, flow, mask, colour)[0].permute(1, 2, 0)
    wanted = ((trained + 1) * 127.5).numpy()
    view = FaceView(soft, None, centred_crop(128, 128))
    painted = paint(colour[0].numpy(), mask[0, 0].numpy())
    made = view.compose(Maps(flow[0].permute(1, 2, 0).numpy(), painted))
    inside = view.changeable == 1
    difference = np.abs(made[inside] - wanted[inside])
    assert difference.mean() < 1.0
    assert np.quantile(difference, 0.99) < 6  # fixed-point sampling at the blocks' edges
