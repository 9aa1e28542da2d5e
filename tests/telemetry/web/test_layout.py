"""Drawings: hexagons and timelines lie where they must."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.fleet.analytics.knew import Knew
from telemetry.fleet.analytics.period import Week
from telemetry.fleet.web.charts import draw as draw_chart
from telemetry.fleet.web.hexes import lay_out, rows_of
from telemetry.fleet.web.history import Spell
from telemetry.fleet.web.timeline import LABEL_W, Row, Span, Telling, draw
from telemetry.wire.topics import KioskId
from tests.telemetry.web.county import NOW


@pytest.mark.parametrize(
    ("count", "rows"), [(1, (1,)), (2, (2,)), (6, (2, 2, 2)), (7, (2, 3, 2)), (8, (3, 3, 2)), (10, (3, 4, 3)), (12, (4, 4, 4))]
)
def test_a_town_is_a_cluster_of_three_rows_while_it_can(count: int, rows: tuple[int, ...]) -> None:
    assert rows_of(count) == rows


@given(st.lists(st.integers(1, 40), max_size=20))
def test_every_village_has_a_place_of_its_own(towns: list[int]) -> None:
    drawn = lay_out([(str(place), [(place, village) for village in range(count)]) for place, count in enumerate(towns)])
    cells = [cell for cluster in drawn.clusters for cell in cluster.cells]
    assert len({cell.item for cell in cells}) == sum(towns)
    assert len({(round(cell.x), round(cell.y)) for cell in cells}) == sum(towns)
    assert all(0 < cell.x < drawn.width and 0 < cell.y < drawn.height for cell in cells)


def _spell(start_h: float, end_h: float | None) -> Telling:
    begin = NOW - timedelta(days=7)
    return Telling(
        label="卡住 45 分",
        spell=Spell(
            id=1,
            kiosk=KioskId(county="a", kiosk="b"),
            device="d",
            code="c",
            severity="BLOCKING",
            remedy="CLERK",
            raised_at=begin + timedelta(hours=start_h),
            cleared_at=None if end_h is None else begin + timedelta(hours=end_h),
            cleared_by="",
            cause="kiosk",
        ),
    )


@given(st.lists(st.tuples(st.floats(-50, 168), st.floats(0, 60)), max_size=12))
def test_blocks_and_their_words_never_overlap_the_edges(spans: list[tuple[float, float]]) -> None:
    told = [_spell(start, min(start + length, 168)) for start, length in sorted(spans)]
    span = Span(start=NOW - timedelta(days=7), part=timedelta(days=1), words=("",) * 7)
    [lane] = draw([Row(name="lane", told=told)], [], span=span, now=NOW, width=1190).lanes
    for block in lane.blocks:
        assert LABEL_W <= block.x <= 1190
        assert not block.label or LABEL_W <= block.label_x <= 1190


def test_an_open_alarm_ends_now_and_its_words_stand_where_there_is_room() -> None:
    span = Span(start=NOW - timedelta(days=7), part=timedelta(days=1), words=("",) * 7)
    [lane] = draw([Row(name="lane", told=[_spell(160, None)])], [], span=span, now=NOW, width=1190).lanes
    [block] = lane.blocks
    assert block.is_open
    assert block.is_left
    assert block.x + block.width == pytest.approx(1190)


@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 300)), min_size=1, max_size=14))
def test_bars_stay_under_the_top_of_the_scale(counts: list[tuple[int, int]]) -> None:
    chart = draw_chart([Knew(week=Week(2026, 47), ours=ours, theirs=theirs) for ours, theirs in counts])
    assert all(bar.ours_y >= 17.9 for bar in chart.bars)
