"""Where the villages of the map lie: one hexagon a kiosk, clustered by town. A picture of belonging, not of distance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

CELL_DX, CELL_DY = 30.13, 26.1
"""Distance between neighbours in a row, and between rows."""
HALF_W, HALF_H = 14.2, 16.4
TOWNS_A_ROW = 3
TOWN_DX = 157.0
TITLE_H = 21.0
TOWN_GAP = 7.0
ROWS_WANTED = 3
MOST_A_ROW = 4
LEGEND_H = 105.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell(Generic[T]):
    """One hexagon: what it stands for, its middle, its outline and the halo behind it."""

    item: T
    x: float
    y: float
    points: str
    halo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster(Generic[T]):
    """One town: name, where its name stands, its cells."""

    name: str
    x: float
    y: float
    cells: tuple[Cell[T], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HexMap(Generic[T]):
    """All towns, the size of the drawing, and where the legend fits."""

    clusters: tuple[Cluster[T], ...]
    width: float
    height: float
    legend_x: float
    legend_y: float


def hexagon(x: float, y: float, *, scale: float = 1.0) -> str:
    """Return the corners of a standing hexagon for an SVG polygon."""
    w, h = HALF_W * scale, HALF_H * scale
    corners = ((0, -h), (w, -h / 2), (w, h / 2), (0, h), (-w, h / 2), (-w, -h / 2))
    return " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)


def rows_of(count: int) -> tuple[int, ...]:
    """Return how many cells each row of a cluster gets: three rows while four a row suffice, the odd one in the middle."""
    if count <= 0:
        return ()
    rows = 1 if count <= 2 else max(min(ROWS_WANTED, (count + 1) // 2), -(-count // MOST_A_ROW))
    each, extra = divmod(count, rows)
    lengths = [each] * rows
    if extra == 1 and rows > 1:
        lengths[rows // 2] += 1
    else:
        for row in range(extra):
            lengths[row] += 1
    return tuple(lengths)


def lay_out(towns: Sequence[tuple[str, Sequence[T]]]) -> HexMap[T]:
    """Place towns three a row in the order given, and the legend in the first place that is left free."""
    clusters: list[Cluster[T]] = []
    top, x, row_height = 0.0, 2.0, 0.0
    for place, (name, items) in enumerate(towns):
        column = place % TOWNS_A_ROW
        if column == 0 and place:
            top += row_height + TOWN_GAP
            row_height = 0.0
        x = 2.0 + column * TOWN_DX
        cluster, height = _cluster(name, items, x=x, top=top)
        clusters.append(cluster)
        row_height = max(row_height, height)
    free = len(towns) % TOWNS_A_ROW
    if free:
        legend_x, legend_y = 2.0 + free * TOWN_DX, top
        row_height = max(row_height, LEGEND_H)
    else:
        legend_x, legend_y = 2.0, top + row_height + (TOWN_GAP if towns else 0.0)
        top, row_height = legend_y, LEGEND_H
    return HexMap(
        clusters=tuple(clusters), width=TOWNS_A_ROW * TOWN_DX - 19, height=top + row_height, legend_x=legend_x, legend_y=legend_y
    )


def _cluster(name: str, items: Sequence[T], *, x: float, top: float) -> tuple[Cluster[T], float]:
    lengths = rows_of(len(items))
    shift_first = 1 if len(lengths) > 1 and lengths[1] > lengths[0] else 0
    cells: list[Cell[T]] = []
    rest = iter(items)
    for row, length in enumerate(lengths):
        shift = CELL_DX / 2 if (row + shift_first) % 2 else 0.0
        cy = top + TITLE_H + 2 + HALF_H + row * CELL_DY
        for column in range(length):
            cx = x + 0.9 + HALF_W + shift + column * CELL_DX
            cells.append(Cell(item=next(rest), x=cx, y=cy, points=hexagon(cx, cy), halo=hexagon(cx, cy, scale=1.123)))
    height = TITLE_H + 2 * HALF_H + 4 + (len(lengths) - 1) * CELL_DY if lengths else TITLE_H
    return Cluster(name=name, x=x, y=top + 14, cells=tuple(cells)), height
