"""A slice of the hunt, and that nothing which reads hostile bytes is left out of it."""

from pathlib import Path

import pytest

from tests.fuzz.every_target import every_target
from tests.fuzz.hunt import feed, hunt
from tests.fuzz.target import MB, Target, allowed, text_of

ROOT = Path(__file__).parents[2]
SEED = 20261122
ROUNDS = 25
"""Turns of every target: about two thousand inputs, a few seconds."""


@pytest.fixture(scope="module")
def targets() -> tuple[Target, ...]:
    return every_target()


def test_every_codec_of_the_house_is_fed(targets: tuple[Target, ...]) -> None:
    codecs = {str(path.relative_to(ROOT).with_suffix("")) for path in (ROOT / "drivers").rglob("*_codec.py")}
    fed = {module for target in targets for module in target.modules}
    assert codecs - fed == set()
    assert [module for module in fed if not (ROOT / f"{module}.py").exists()] == []


def test_every_target_takes_what_its_far_end_says(targets: tuple[Target, ...]) -> None:
    for target in targets:
        assert target.corpus, target.name
        assert all(target.corpus), target.name
        for payload in target.corpus:
            finding, _ = feed(target, payload)
            assert finding is None, finding.line()


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        (
            "kept files",
            b'[{"device": "camera", "code": "camera.frozen", "rung": "reset", "helped": 1e999, "failed": 2, "skipped": 0}]',
        ),
        ("log lines", b"a name \\ud86c\\udc36 and half a character \\ud800"),
        ("log lines", "某 a ".encode() * 9000),
    ],
)
def test_what_was_found_once_is_not_found_again(targets: tuple[Target, ...], name: str, payload: bytes) -> None:
    (target,) = (target for target in targets if target.name == name)
    finding, _ = feed(target, payload)
    assert finding is None, finding.line()


def test_nothing_undocumented_becomes_of_hostile_bytes(targets: tuple[Target, ...]) -> None:
    inputs = ROUNDS * sum(target.weight for target in targets)
    bag = hunt(targets, seed=SEED, goes_on=lambda fed: fed < inputs)
    assert bag.fed >= inputs
    # How long an input took is for ``python -m tests.fuzz``: here a busy machine must not fail anybody.
    found = [finding for finding in bag.findings if "second" not in finding.what]
    assert not found, "\n".join([f"seed {SEED}", *(finding.line() for finding in found)])


def test_the_same_seed_makes_the_same_inputs(targets: tuple[Target, ...]) -> None:
    heard: list[list[bytes]] = []
    for _ in range(2):
        fed: list[bytes] = []
        spy = Target(name="spy", modules=(), corpus=targets[0].corpus, feed=fed.append)
        hunt((spy,), seed=5, goes_on=lambda count: count < 40)
        heard.append(fed)
    assert heard[0] == heard[1]
    assert len(set(heard[0])) > 20


def test_a_hunt_finds_what_is_wrong() -> None:
    kept: list[bytes] = []

    def careless(payload: bytes) -> None:
        with allowed(ValueError):
            text_of(payload).encode("ascii")

    def greedy(payload: bytes) -> None:
        kept.append(payload + bytes(2 * MB))
        del kept[:]

    def well(payload: bytes) -> None:
        with allowed(ValueError):
            int(text_of(payload))

    made = [
        Target(name=feed.__name__, modules=(), corpus=(b"12",), feed=feed, most_bytes=MB) for feed in (careless, greedy, well)
    ]
    bag = hunt(made, seed=1, goes_on=lambda fed: fed < 1500)
    assert {(finding.target, finding.what) for finding in bag.findings} == {
        ("careless", "UnicodeEncodeError"),
        ("greedy", "took more than 1 MB"),
    }


def test_what_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.hunt.HUNG_S", 0.05)

    def endless(_: bytes) -> None:
        while True:
            pass

    bag = hunt((Target(name="endless", modules=(), corpus=(b"1",), feed=endless),), seed=1, goes_on=lambda fed: fed < 1)
    assert [finding.what for finding in bag.findings] == ["HungError"]
