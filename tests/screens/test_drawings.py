import re
from pathlib import Path

from PIL import Image

from screens import presenter, samples, theme
from screens.wording import read_wording

DRAWINGS = Path(theme.__file__).parent / "drawings"
NAME = re.compile(r"\b(?:icon|scene)/[a-z_0-9]+")


def _named() -> set[str]:
    models = [
        presenter.present(shown, read_wording("zh"), has_voice=True) for size in (0, 3) for shown in samples.views(size).values()
    ]
    sources = [*DRAWINGS.parent.rglob("*.kv"), *(DRAWINGS.parent / "widgets").glob("*.py")]
    text = "\n".join([*(repr(model) for model in models), *(source.read_text(encoding="utf-8") for source in sources)])
    return set(NAME.findall(text))


def test_every_drawing_a_page_names_has_a_source() -> None:
    missing = {name for name in _named() if not (DRAWINGS / f"{name}.svg").exists()}
    assert missing == set()


def test_every_source_is_rendered_and_icons_also_in_grey() -> None:
    for source in DRAWINGS.glob("*/*.svg"):
        rendered = DRAWINGS / "rendered" / source.parent.name / f"{source.stem}.png"
        with Image.open(rendered) as image:
            assert image.getchannel("A").getbbox() is not None, source
        if source.parent.name == "icon":
            assert rendered.with_suffix("").with_suffix(".grey.png").exists()


def test_every_picture_of_the_fault_catalogue_is_drawn() -> None:
    faults = DRAWINGS.parents[1] / "kiosk" / "upkeep" / "faults"
    catalogue = "".join(file.read_text(encoding="utf-8") for file in faults.glob("*.toml"))
    for picture in re.findall(r'^picture = "(\w+)"', catalogue, re.MULTILINE):
        assert (DRAWINGS / "scene" / f"{picture}.svg").exists(), picture


def test_every_icon_of_a_service_is_drawn() -> None:
    for service in (DRAWINGS.parents[1] / "kiosk" / "services").glob("*.toml"):
        for icon in re.findall(r'^icon = "(\w+)"', service.read_text(encoding="utf-8"), re.MULTILINE):
            assert (DRAWINGS / "icon" / f"{icon}.svg").exists(), icon


def test_a_build_needs_no_font() -> None:
    assert not [source for source in DRAWINGS.glob("*/*.svg") if "<text" in source.read_text(encoding="utf-8")]
