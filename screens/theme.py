"""Theme: every colour, size and spacing of the screens.

Sizes are grid pixels of the 1080 x 1920 page, where 16 px are 4 mm on the standard 21.5 inch panel (4.03 px per mm). ``Theme``
turns them into pixels of the panel at hand, and text also by the size the person chose.
"""

from dataclasses import dataclass, replace

Colour = tuple[float, float, float, float]


def _rgb(code: str) -> Colour:
    return (int(code[0:2], 16) / 255, int(code[2:4], 16) / 255, int(code[4:6], 16) / 255, 1.0)


COLOURS: dict[str, Colour] = {
    "paper": _rgb("FBF9F5"),
    "white": _rgb("FFFFFF"),
    "ink": _rgb("1B2733"),
    "quiet": _rgb("4B5563"),
    "action": _rgb("0A4F8F"),
    "action_pressed": _rgb("06335D"),
    "tint": _rgb("E7F0F8"),
    "tint2": _rgb("C5DAED"),
    "done": _rgb("0F5132"),
    "done_bg": _rgb("E9F6EE"),
    "done_line": _rgb("B9DCC6"),
    "attention": _rgb("8A3B00"),
    "attention_pressed": _rgb("5C2700"),
    "attention_bg": _rgb("FFF4E5"),
    "attention_tint": _rgb("FFE3C4"),
    "stop": _rgb("9B1C1C"),
    "stop_bg": _rgb("FCEDED"),
    "line": _rgb("D8D4CC"),
    "edge": _rgb("6B7686"),
    "grey_bg": _rgb("EFECE6"),
    "grey_ink": _rgb("414B57"),
    "place": _rgb("8F3F00"),
    "warm": _rgb("D9731A"),
    "warm_bg": _rgb("FFE3C4"),
    "shadow": (0x1B / 255, 0x27 / 255, 0x33 / 255, 0.06),
    "none": (0.0, 0.0, 0.0, 0.0),
}

TEXT_PAIRS: tuple[tuple[str, str], ...] = (
    ("ink", "paper"),
    ("ink", "white"),
    ("ink", "tint"),
    ("ink", "done_bg"),
    ("ink", "attention_bg"),
    ("ink", "grey_bg"),
    ("quiet", "white"),
    ("quiet", "paper"),
    ("white", "action"),
    ("white", "action_pressed"),
    ("white", "attention"),
    ("white", "attention_pressed"),
    ("white", "done"),
    ("white", "place"),
    ("action", "white"),
    ("action", "paper"),
    ("action", "tint"),
    ("done", "done_bg"),
    ("done", "paper"),
    ("attention", "attention_bg"),
    ("attention_pressed", "attention_tint"),
    ("ink", "attention_tint"),
    ("ink", "tint2"),
    ("action_pressed", "tint2"),
    ("attention", "white"),
    ("attention", "paper"),
    ("stop", "stop_bg"),
    ("grey_ink", "grey_bg"),
)
"""Every pair of text on ground a page may use; each is 7:1 or more, and a test measures them."""

PAGE_WIDTH = 1080
PAGE_HEIGHT = 1920
MARGIN = 64
CONTENT = PAGE_WIDTH - 2 * MARGIN
GAP = 16
GAP_OF_THREE = 17
"""Between three columns, which are then 306 wide, whole pixels."""
GAP_WIDE = 32
RADIUS = 16
RADIUS_INNER = 12

BAND_HEIGHT = 112
STEPS_TOP = 144
HEAD_TOP = 152
"""Top of the heading where there are no steps; with steps it stands ``GAP_WIDE`` below them (288 at the standard size)."""
ACTION_TOP = 1560
ACTION_BOTTOM = 1696
ACTION_HEIGHT = ACTION_BOTTOM - ACTION_TOP
MATTER_BOTTOM = 1520
FOOT_TOP = 1752
FOOT_HEIGHT = PAGE_HEIGHT - FOOT_TOP
FOOT_BUTTON_TOP = 1778
FOOT_BUTTON_HEIGHT = 112
FOOT_BUTTON_WIDTH = 226

BODY = 36
LEAD = 40
INSTRUCTION = 44
TILE = 48
BUTTON = 52
FACT = 56
ANSWER = 60
HEADING = 64
AFAR = 96
AMOUNT = 112
COUNTDOWN = 176
SMALLEST_TEXT = 36
"""9 mm: no text on a villager's page is drawn smaller, whatever it has to fit into."""

LINE_HEIGHT = 1.35
FACE_RATIO = 0.78
TABLE_RATIO = 4 / 3
"""Width of the frame a camera's picture stands in, in parts of its height."""
PLACE_NUMBER = 1.444
"""Width of a place number in parts of the text beside it: 52 px in a line of 36 px."""

SMALLEST_TARGET_MM = 16.0
SMALLEST_PRIMARY_MM = 20.0
SMALLEST_GAP_MM = 4.0

TEXT_SCALES = (1.0, 1.15, 1.3, 1.5)
"""The four sizes the person can choose; from the third on the elder rules hold: shorter words, fewer things a page."""
ELDER_FROM = 2

FADE_S = 0.16
FADE_FROM = 0.2
"""How much of the coming page its first frame shows: it was slow to paint, and is not wasted on showing nothing."""
BREATH_S = 1.2
BREATH_GROWTH = 1.06
ARROW_PX = 12
SECOND_TOUCH_S = 0.6
"""A second touch within this time of the first is a trembling hand, not a wish (E6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The panel at hand: how many of its pixels a grid pixel is, and how large the person wants text.

    ``air`` is how much of the air inside panels is left on a page that is too full.
    """

    unit: float
    text_scale: float = 1.0
    air: float = 1.0

    def px(self, grid: float) -> float:
        """Pixels of the panel for a length of the grid."""
        return float(round(grid * self.unit))

    def text_px(self, grid: float) -> float:
        """Pixels of the panel for a text size of the grid, at the size the person chose."""
        return grid * self.unit * self.text_scale

    def with_text_scale(self, text_scale: float) -> "Theme":
        """The same panel with another size of text."""
        return replace(self, text_scale=text_scale)

    def with_air(self, air: float) -> "Theme":
        """The same panel with that part of the air inside panels, 0 to 1."""
        return replace(self, air=air)


def for_panel(*, width: float, height: float, text_size: int) -> Theme:
    """The theme of a panel of that many pixels, for one of the four text sizes (0 to 3)."""
    unit = min(width / PAGE_WIDTH, height / PAGE_HEIGHT)
    return Theme(unit=unit, text_scale=TEXT_SCALES[text_size])


def smallest_target_mm(*, width: float, height: float, px_per_mm: float) -> float:
    """How large the smallest thing to touch (80 px of the grid) comes out on a panel, in mm; E1 asks for 16."""
    return 80 * min(width / PAGE_WIDTH, height / PAGE_HEIGHT) / px_per_mm


def contrast(first: Colour, second: Colour) -> float:
    """The contrast of two colours as WCAG counts it, 1 to 21."""

    def luminance(colour: Colour) -> float:
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    brighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)
