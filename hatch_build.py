"""Build hook: renders the vector drawings of the screens to PNG, so that the kiosk needs no SVG library.

``python hatch_build.py`` does the same for a source tree. What is written inside a drawing is outlines: a build needs no font.
"""

import sys
from pathlib import Path
from typing import Any

import resvg_py
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DRAWINGS = Path(__file__).parent / "screens" / "drawings"
ZOOM = {"icon": 4, "scene": 2}
"""Pixels a unit of the drawing: icons of 64 units are shown at 44 to 168 px, scenes at up to 1.4 times their units."""
GREY = {"#0A4F8F": "#5B6570", "#D9731A": "#5B6570", "#E7F0F8": "#EFECE6", "#FFE3C4": "#EFECE6"}
"""A drawing of something that cannot be pressed now."""


class DrawingsBuildHook(BuildHookInterface[Any]):
    """Renders before each build of the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Render what is missing or older than its source."""
        render()


def render() -> int:
    """Render every drawing that is missing or older than its source; returns how many were."""
    count = 0
    for folder, zoom in ZOOM.items():
        out = DRAWINGS / "rendered" / folder
        out.mkdir(parents=True, exist_ok=True)
        for source in sorted((DRAWINGS / folder).glob("*.svg")):
            drawing = source.read_text(encoding="utf-8")
            versions = {f"{source.stem}.png": drawing}
            if folder == "icon":
                versions[f"{source.stem}.grey.png"] = _in_grey(drawing)
            for name, svg in versions.items():
                target = out / name
                newest = max(source.stat().st_mtime, Path(__file__).stat().st_mtime)
                if target.exists() and target.stat().st_mtime >= newest:
                    continue
                target.write_bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom))
                count += 1
    return count


def _in_grey(svg: str) -> str:
    for colour, grey in GREY.items():
        svg = svg.replace(colour, grey)
    return svg


if __name__ == "__main__":
    sys.stdout.write(f"drawings rendered: {render()}\n")
