"""The ID number and its check character (GB 11643-1999), as it stands on a social-security card.

The readers of ID cards have the same rule in a module of their own: device classes do not know each other, and a test holds
the two together.

Region codes are not looked up: abolished ones stay valid for life, and 81, 82, 83 and 9 lead the numbers of people from
Hong Kong, Macau, Taiwan and abroad.
"""

import re

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""GB 11643-1999, 4.2: the weight of each of the first seventeen digits."""

CHECK_CHARACTERS = "10X98765432"
"""The check character, by the weighted sum modulo 11."""

_SHAPE = re.compile(r"[0-9]{17}[0-9X]")


def check_character(first_seventeen: str) -> str:
    """Tell the eighteenth character that belongs to seventeen digits."""
    return CHECK_CHARACTERS[sum(int(digit) * weight for digit, weight in zip(first_seventeen, WEIGHTS, strict=True)) % 11]


def normalised(number: str) -> str:
    """Return the number as it is stored, with an upper-case X.

    Raises:
        ValueError: It is not an ID number. The message does not repeat it.
    """
    stored = number.strip().upper()
    if not _SHAPE.fullmatch(stored):
        raise ValueError("an ID number has 17 digits followed by a digit or X")
    if check_character(stored[:17]) != stored[17]:
        raise ValueError("the ID number's check character does not match")
    return stored
