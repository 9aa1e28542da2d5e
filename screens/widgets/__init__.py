"""What pages are put together from: pieces that know how large they want to be, and lay out what is in them.

``piece`` holds the layout (Box, in columns and rows), ``lettering`` text, ``drawing`` pictures, ``press`` everything that can be
touched; the other modules are the look's own components. Layout stands in the ``.kv`` file beside a module of the same name.
"""

from pathlib import Path

from kivy.factory import Factory
from kivy.graphics import BindTexture
from kivy.lang import Builder

from screens.widgets import (
    cabinet,
    countdown,
    drawing,
    each,
    lettering,
    live_picture,
    piece,
    press,
    progress,
    qr_code,
    sheet,
    steps,
)

_FOLDER = Path(__file__).parent
_LAYOUTS = ("furniture.kv", "components.kv")


def load() -> None:
    """Make every widget known to Kivy's layout files; call once, before any page is loaded."""
    for name, widget in (
        ("Piece", piece.Piece),
        ("Box", piece.Box),
        ("Lettering", lettering.Lettering),
        ("Drawing", drawing.Drawing),
        ("Press", press.Press),
        ("Each", each.Each),
        ("Sheet", sheet.Sheet),
        ("Progress", progress.Progress),
        ("Countdown", countdown.Countdown),
        ("Cabinet", cabinet.Cabinet),
        ("StepLine", steps.StepLine),
        ("LivePicture", live_picture.LivePicture),
        ("QrCode", qr_code.QrCode),
    ):
        Factory.register(name, cls=widget)
    # what has one colour needs no filter either: Kivy draws it with this texture, and filtering it is a quarter of a page's cost
    plain = BindTexture(source=None).texture
    plain.mag_filter = plain.min_filter = "nearest"
    for layout in _LAYOUTS:
        Builder.load_file(str(_FOLDER / layout))
