"""A slice of ``python -m benchmarks converge``: everybody ends by what is wanted; how fast is the benchmark's matter."""

from pathlib import Path

from benchmarks.converge import measure


def test_everybody_ends_by_what_is_wanted(tmp_path: Path) -> None:
    figures = {figure.name: figure.value for figure in measure(tmp_path, kiosks=60)}
    assert figures["60 kiosks: approved -> all run by it"] < 3_600
    assert figures["60 kiosks: down, a kiosk"] < 4
