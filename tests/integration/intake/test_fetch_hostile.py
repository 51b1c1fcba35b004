"""No spelling of an inside address, given or redirected to, makes a connection inside."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from tests.integration.intake.hostile import ALL, NAMES, form
from tests.integration.intake.web import POLICY, PUBLIC, Asked, Canary, Reply, canary, dialler, web

from emopic_server.errors import Refusal
from emopic_server.intake.addresses import Policy
from emopic_server.intake.dial import Dialler
from emopic_server.intake.fetch import Fetcher

REFUSALS = ("address_refused", "fetch_failed")


@pytest.fixture(scope="module")
def bird() -> Iterator[Canary]:
    with canary() as bird:
        yield bird


def test_there_are_enough_forms() -> None:
    assert len(set(ALL)) == len(ALL)
    assert len(ALL) >= 60


@pytest.mark.parametrize("template", ALL)
async def test_a_hostile_address_is_refused(template: str, bird: Canary) -> None:
    with pytest.raises(Refusal) as caught:
        await Fetcher(dialler(NAMES)).fetch(form(template, bird.port, PUBLIC))
    assert caught.value.code in REFUSALS
    assert bird.visits == []


async def test_a_redirect_to_a_hostile_address_is_refused(bird: Canary) -> None:
    targets = [form(template, bird.port, PUBLIC) for template in ALL]

    def rule(asked: Asked) -> Reply:
        number = int(asked.path.strip("/")) if asked.path.strip("/").isdigit() else -1
        if number < 0:
            return Reply(404)
        target = targets[number].encode("utf-8", "replace").decode("latin-1")
        return Reply(302, headers={"Location": target.replace("\r", "").replace("\n", "")})

    with web(rule) as server:
        fetcher = Fetcher(dialler(NAMES))
        for number, target in enumerate(targets):
            with pytest.raises(Refusal) as caught:
                await fetcher.fetch(f"http://{server.netloc}/{number}")
            assert caught.value.code in REFUSALS, target
    assert len(server.asked) >= len(targets)
    assert bird.visits == []


async def test_a_name_that_changes_its_mind_reaches_only_what_was_checked(bird: Canary) -> None:
    """DNS rebinding: the first answer is public, every later one is inside."""
    answers = iter([[PUBLIC], *[["127.0.0.1"]] * 9])

    async def resolve(_host: str) -> list[str]:
        return next(answers)

    with web(lambda _: Reply(200, "image/png", b"picture")) as server:
        port = server.server_address[1]
        fetcher = Fetcher(Dialler(POLICY, resolve))
        found = await fetcher.fetch(f"http://moving.example:{port}/")
        assert found.data == b"picture"
        with pytest.raises(Refusal, match="not a public address"):
            await fetcher.fetch(f"http://moving.example:{bird.port}/")
    assert server.asked[0].headers["host"] == f"moving.example:{port}"
    assert bird.visits == []


async def test_a_redirect_that_rebinds_its_own_name_is_refused(bird: Canary) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])

    async def resolve(_host: str) -> list[str]:
        return next(answers)

    with web(
        lambda _: Reply(302, headers={"Location": f"http://a.example:{bird.port}/"})
    ) as server:
        fetcher = Fetcher(Dialler(POLICY, resolve))
        with pytest.raises(Refusal, match="not a public address"):
            await fetcher.fetch(f"http://a.example:{server.server_address[1]}/")
    assert bird.visits == []


async def test_the_canary_would_sing(bird: Canary) -> None:
    """A fetch with a careless policy does reach one, so that silence means something."""
    with canary() as other:
        everything = Dialler(Policy(also=(ip_network("127.0.0.0/8"),)))
        with pytest.raises(Refusal):
            await Fetcher(everything).fetch(f"http://127.0.0.1:{other.port}/")
        assert len(other.visits) == 1
    assert bird.visits == []
