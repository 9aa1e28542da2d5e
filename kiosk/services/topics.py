"""Topics: the areas of life under which services stand, with their names on the idle page."""

from collections.abc import Mapping
from types import MappingProxyType

TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "pension_and_social_security": "养老社保",
        "medical_insurance": "看病医保",
        "bills": "交水电费",
        "certificates": "开证明",
        "farming": "种地补贴",
    }
)
"""A service's ``topic`` -> its name. A new topic is one line here and a drawing on the screens."""
