"""The composition root of the core: introduces the rooms to each other, and nobody else does.

``composition`` builds every object and ends them in order; ``fleet_voice`` says to the fleet what the rooms know.
"""

from kiosk.compose.composition import Core as Core
