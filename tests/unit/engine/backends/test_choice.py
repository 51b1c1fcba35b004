import pytest

from emopic_engine.backends import load_backend
from emopic_engine.backends.choice import ORDER, PROBES, choose
from emopic_engine.errors import BackendUnavailable


def only(*names: str):
    """Probes by which only `names` can run."""
    return {
        name: (lambda: None) if name in names else (lambda name=name: f"{name} is not here")
        for name in ORDER
    }


def test_the_first_that_can_run_is_chosen():
    assert choose(probes=only(*ORDER)).name == "tensorrt"
    assert choose(probes=only("cuda", "openvino", "torch")).name == "cuda"
    assert choose(probes=only("openvino", "torch")).name == "openvino"
    assert choose(probes=only("torch")).name == "torch"


def test_the_reason_names_what_was_passed_over_and_why():
    reason = choose(probes=only("openvino", "torch")).reason
    assert reason == (
        "auto: openvino is the first that can run here "
        "(tensorrt: tensorrt is not here; cuda: cuda is not here)"
    )


def test_a_backend_without_the_precision_is_passed_over():
    choice = choose("int8", only(*ORDER))
    assert choice.name == "openvino"
    assert "cuda: has no precision int8" in choice.reason
    assert choose("f16", only(*ORDER)).name == "tensorrt"


def test_where_none_can_run_every_lack_is_named():
    with pytest.raises(BackendUnavailable, match="torch is not here"):
        choose(probes=only())
    with pytest.raises(BackendUnavailable, match="openvino: has no precision f16"):
        choose("f16", only("openvino", "torch"))


def test_every_backend_has_a_probe():
    assert set(PROBES) == set(ORDER)


def test_auto_says_why_and_asking_by_name_says_so():
    assert load_backend("auto", threads=1).reason.startswith("auto: ")
    assert load_backend("torch", threads=1).reason == "asked for"
