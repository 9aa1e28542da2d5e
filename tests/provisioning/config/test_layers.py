"""Layers: which wins, what a lock does, how they read as text, and whether the kiosk's own types let them through."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.compose.fleet_settings import FILE, text
from provisioning.fleet.config import layer_text
from provisioning.fleet.config.changes import difference
from provisioning.fleet.config.checks import built_in, problems_of
from provisioning.fleet.config.layer_text import LayerTextError
from provisioning.fleet.config.layers import Kind, Layer, LayerKey, Place, breaches, merged, origins
from provisioning.wire.layering import Tree

HOUSE = Path(__file__).parents[3]
COUNTY = LayerKey(kind=Kind.COUNTY, name="demo")
KIOSK = LayerKey(kind=Kind.KIOSK, name="demo/K1")


def layer(kind: Kind, settings: Tree, *locked: str) -> Layer:
    return Layer(key=LayerKey(kind=kind), settings=settings, locked=locked)


def test_the_schema_is_what_the_kiosk_says_it_is() -> None:
    assert (HOUSE / FILE).read_text(encoding="utf-8") == text(), "run python -m kiosk.compose.fleet_settings"


def test_a_kiosk_lies_under_every_layer_of_its_place() -> None:
    place = Place(county="demo", kiosk="K1", city="湛江", town="南三镇", village="光明村")
    assert [(key.kind.value, key.name) for key in place.chain] == [
        ("province", ""),
        ("city", "湛江"),
        ("county", "demo"),
        ("town", "demo/南三镇"),
        ("village", "demo/南三镇/光明村"),
        ("kiosk", "demo/K1"),
    ]
    assert [key.kind for key in Place(county="demo", kiosk="K1").chain] == [Kind.PROVINCE, Kind.COUNTY, Kind.KIOSK]


def test_the_narrower_layer_wins_and_it_is_known_over_whom() -> None:
    layers = (
        layer(Kind.PROVINCE, {"screen": {"text_size": 0, "volume": 1}}),
        layer(Kind.COUNTY, {"screen": {"text_size": 2}}),
        layer(Kind.KIOSK, {"screen": {"text_size": 3}}),
    )
    assert merged(layers) == {"screen": {"text_size": 3, "volume": 1}}
    found = origins(layers)
    assert found["screen.text_size"].kind is Kind.KIOSK
    assert found["screen.text_size"].over == ((Kind.COUNTY, 2), (Kind.PROVINCE, 0))
    assert found["screen.volume"].kind is Kind.PROVINCE


def test_what_is_locked_above_is_not_overridden_below_even_by_taking_it_away() -> None:
    upper = layer(Kind.PROVINCE, {"device": {"printer": {"settings": {"width_mm": 80}}}}, "device.printer.settings.width_mm")
    lowers: tuple[Tree, ...] = (
        {"device": {"printer": {"settings": {"width_mm": 58}}}},
        {"device": {"printer": None}},
        {"device": None},
    )
    for lower in lowers:
        assert merged((upper, layer(Kind.KIOSK, lower))) == upper.settings
        assert breaches(lower, {"device.printer.settings.width_mm": Kind.PROVINCE})
    assert origins((upper,))["device.printer.settings.width_mm"].locked_by is Kind.PROVINCE


def test_null_takes_away_what_the_layers_above_say_and_travels_to_the_kiosk() -> None:
    layers = (layer(Kind.COUNTY, {"device": {"old": {"port": "tcp://a:1"}}}), layer(Kind.KIOSK, {"device": {"old": None}}))
    assert merged(layers) == {"device": {"old": None}}


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"display": {"width_px": 0}}, "display.width_px: 0 is less than the minimum of 320"),
        ({"platform": {"answer_s": 0}}, "platform.answer_s: 0 is less than the minimum of 0.1"),
        ({"colour": 1}, "the layer: no kiosk knows colour, or it is the kiosk's own"),
        ({"kiosk": {"state_dir": "/x"}}, "kiosk: no kiosk knows state_dir, or it is the kiosk's own"),
        ({"fleet": {"broker": "mqtt://x:1"}}, "fleet: no kiosk knows broker, or it is the kiosk's own"),
        (
            {"device": {"p": {"driver": "receipt_printer/escpos", "settings": {"volume": 11}}}},
            "device.p.settings: no kiosk knows volume, or it is the kiosk's own",
        ),
        ({"kiosk": {"town": "南三镇"}}, "kiosk.town: where a kiosk stands is set by its own layer alone"),
        ({"screen": {"volume": True}}, None),
        ({"device": {"p": {"driver": "receipt_printer/telepathy"}}}, None),
        ({"device": {"../p": {}}}, None),
        ({"selftest": {"at": "25:00"}}, None),
        ({"services": {"offered": ["teleport"]}}, None),
    ],
)
def test_what_no_kiosk_could_use_is_named(settings: Tree, problem: str | None) -> None:
    found = problems_of(settings, (), key=COUNTY, above={})
    assert len(found) == 1
    if problem is not None:
        assert found == (problem,)


def test_what_a_kiosk_can_use_is_let_through() -> None:
    settings: Tree = {
        "kiosk": {"help_phone": "12345"},
        "screen": {"text_size": 2, "voice_is_on": True},
        "services": {"offered": ["pension_arrival"]},
        "selftest": {"at": "04:15"},
        "device": {"printer": {"driver": "receipt_printer/escpos", "port": "tcp://127.0.0.1:9100"}, "old": None},
    }
    assert problems_of(settings, ("screen.text_size",), key=COUNTY, above={}) == ()
    assert problems_of({"kiosk": {"town": "南三镇"}}, (), key=KIOSK, above={}) == ()
    assert built_in("display.width_px") == 1080


def test_a_lock_is_named_with_who_locked_it() -> None:
    found = problems_of({"screen": {"volume": 1}}, (), key=KIOSK, above={"screen.volume": Kind.COUNTY})
    assert found == ("screen.volume: is locked by the county layer; it is changed there",)


def test_a_layer_reads_as_it_was_written() -> None:
    said = layer_text.read(
        'lock = ["display.width_px"]\nremove = ["device.old"]\n[display]\nwidth_px = 1080\n[selftest]\nat = 04:15:00\n'
    )
    assert said.settings == {"display": {"width_px": 1080}, "selftest": {"at": "04:15:00"}, "device": {"old": None}}
    assert said.locked == ("display.width_px",)
    assert layer_text.read(layer_text.write(said.settings, said.locked)) == said


names = st.text("abc-_ 村.", min_size=1, max_size=3).filter(lambda name: "." not in name)
values = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5) | st.lists(st.integers(0, 3), max_size=3)


@given(st.dictionaries(names, st.dictionaries(names, values, max_size=3), max_size=3))
def test_every_layer_reads_as_it_was_written(settings: dict[str, dict[str, object]]) -> None:
    assert layer_text.read(layer_text.write(settings)).settings == settings  # type: ignore[arg-type]  # hypothesis' dicts


@pytest.mark.parametrize("wrong", ["[display", "remove = 3", 'remove = ["a.b"]\n[a]\nb = 1', "a = 1\na = 2", "x" * 70_000])
def test_text_that_is_no_layer_is_refused(wrong: str) -> None:
    with pytest.raises(LayerTextError):
        layer_text.read(wrong)


def test_a_difference_names_what_came_went_and_changed() -> None:
    assert [(each.path, each.before, each.after) for each in difference({"a": 1, "b": {"c": 2}}, {"b": {"c": 3}, "d": None})] == [
        ("a", 1, None),
        ("b.c", 2, 3),
        ("d", None, None),
    ]
