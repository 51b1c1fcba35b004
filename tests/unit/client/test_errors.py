"""The errors' fields and texts."""

from __future__ import annotations

from tests.unit.client.talk import error

from emopic_client import errors


def test_the_class_follows_the_fault() -> None:
    refused = errors.RequestError.of(error(1, "line_empty", "1"))
    failed = errors.RequestError.of(error(2, "busy", "2", fault="server", retry_ms=250))
    assert type(refused) is errors.RequestRefused
    assert type(failed) is errors.ServerFailed
    assert (refused.code, refused.retry_ms) == ("line_empty", None)
    assert (failed.code, failed.retry_ms) == ("busy", 250)
    assert str(failed) == "busy [busy]"


def test_standard_kinds() -> None:
    assert issubclass(errors.RequestTimeout, TimeoutError)
    assert issubclass(errors.InvalidRequest, ValueError)
    assert str(errors.RequestTimeout("put a", 2.5)) == "no answer to put a within 2.5 s"


def test_the_tree_at_the_top_of_the_module_is_the_tree() -> None:
    drawn = [line for line in (errors.__doc__ or "").splitlines() if "─" in line or "Error" in line]
    names = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.EmopicError)
    }
    for name in names:
        assert any(name in line.split() for line in drawn), name


def test_every_error_of_the_package_is_exported() -> None:
    import emopic_client

    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.EmopicError):
            assert getattr(emopic_client, name) is kind
