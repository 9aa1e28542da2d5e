"""The launcher starts the right release, whatever the release and the disk do."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.launcher import build
from provisioning.agent.trial import BACK_WITHIN_S, MOST_STARTS, PROBE_WITHIN_S, SERVING_S, Moment, Trial
from provisioning.launcher.launch import choose, guard, prepare
from provisioning.launcher.slots import SHIPPED, WHOLE, Slots, SlotTrial

NOW = Moment(boot="1", now_s=1000.0)
PENDING = SlotTrial(trial=Trial(candidate="2"), slot="b", back_to="a")


@pytest.fixture
def slots(tmp_path: Path) -> Slots:
    """Release 1 in slot a serves, release 2 lies whole in slot b."""
    slots = Slots(tmp_path)
    for name in ("a", "b"):
        slots.place(name).mkdir(parents=True)
        (slots.place(name) / WHOLE).touch()
    slots.switch("a")
    return slots


def test_a_machine_without_releases_starts_what_it_was_shipped_with(tmp_path: Path) -> None:
    assert prepare(Slots(tmp_path / "nothing"), NOW).slot == SHIPPED


def test_a_trial_is_not_begun_before_the_switch(slots: Slots) -> None:
    slots.write_trial(PENDING)
    assert prepare(slots, NOW).slot == "a"
    assert slots.trial() == PENDING


def test_after_three_starts_the_old_release_serves(slots: Slots) -> None:
    slots.write_trial(PENDING)
    slots.switch("b")
    assert [prepare(slots, NOW).slot for _ in range(MOST_STARTS + 2)] == ["b"] * MOST_STARTS + ["a"] * 2
    trial = slots.trial()
    assert slots.current == "a"
    assert trial is not None
    assert "died 3 times" in trial.trial.failure


def test_a_failed_trial_goes_back_at_the_next_start(slots: Slots) -> None:
    slots.write_trial(replace(PENDING, trial=Trial(candidate="2", starts=1, failure="the display does not draw")))
    slots.switch("b")
    assert prepare(slots, NOW).slot == "a"


def test_all_starts_together_have_the_time_of_one_probe(slots: Slots) -> None:
    slots.write_trial(PENDING)
    slots.switch("b")
    assert prepare(slots, NOW).within_s == PROBE_WITHIN_S
    assert prepare(slots, replace(NOW, now_s=1040.0)).within_s == PROBE_WITHIN_S - 40
    assert prepare(slots, replace(NOW, now_s=1061.0)).slot == "a"


def test_a_slow_way_there_leaves_as_long_a_way_back(slots: Slots) -> None:
    slots.write_trial(replace(PENDING, switched_boot=NOW.boot, switched_s=NOW.now_s - 20.0))
    slots.switch("b")
    whole_s = BACK_WITHIN_S - SERVING_S - 2 * 20.0
    assert prepare(slots, NOW).within_s == whole_s
    assert prepare(slots, replace(NOW, now_s=1030.0)).within_s == whole_s - 30
    assert prepare(slots, replace(NOW, now_s=1000.0 + whole_s)).slot == "a"


def test_the_first_release_of_a_machine_goes_back_to_what_it_was_shipped_with(slots: Slots) -> None:
    slots.write_trial(replace(PENDING, back_to=SHIPPED))
    slots.switch("b")
    assert [prepare(slots, NOW).slot for _ in range(MOST_STARTS + 1)] == ["b"] * MOST_STARTS + [SHIPPED]
    assert slots.current == SHIPPED


def test_a_power_cut_gives_a_trial_its_time_again_but_no_more_starts(slots: Slots) -> None:
    slots.write_trial(PENDING)
    slots.switch("b")
    chosen = [prepare(slots, Moment(boot=str(number), now_s=5.0)) for number in range(MOST_STARTS + 1)]
    assert [choice.slot for choice in chosen] == ["b"] * MOST_STARTS + ["a"]
    assert chosen[1].within_s == PROBE_WITHIN_S


@pytest.mark.parametrize("broken", ["a", "b"])
def test_a_slot_that_is_not_whole_is_never_started(slots: Slots, broken: str) -> None:
    (slots.place(broken) / WHOLE).unlink()
    slots.write_trial(PENDING)
    slots.switch("b")
    assert prepare(slots, NOW).slot == ("b" if broken == "a" else "a")


def test_what_failed_is_no_refuge() -> None:
    failed = replace(PENDING, trial=Trial(candidate="2", failure="crashed"))
    assert choose("a", failed, lambda slot: slot == "b", NOW).slot == SHIPPED


def test_a_start_that_cannot_be_counted_is_not_tried(slots: Slots, monkeypatch: pytest.MonkeyPatch) -> None:
    slots.write_trial(PENDING)
    slots.switch("b")
    monkeypatch.setattr(Slots, "write_trial", _no_space)
    assert prepare(slots, NOW).slot == "a"
    monkeypatch.undo()
    assert prepare(slots, NOW).slot == "b"


def test_the_way_back_needs_no_space(slots: Slots, monkeypatch: pytest.MonkeyPatch) -> None:
    slots.write_trial(replace(PENDING, trial=Trial(candidate="2", starts=MOST_STARTS)))
    slots.switch("b")
    monkeypatch.setattr(Slots, "write_trial", _no_space)
    monkeypatch.setattr(Slots, "switch", _no_space)
    assert [prepare(slots, NOW).slot for _ in range(3)] == ["a"] * 3


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b'{"slot": "b"}', b'{"slot":"../../etc","candidate":"1"}', b"\xff" * 200, b"[" * 20_000]
)
def test_garbage_for_a_trial_is_no_trial(slots: Slots, content: bytes) -> None:
    (slots.folder / "trial.json").write_bytes(content)
    assert prepare(slots, NOW).slot == "a"


def test_a_link_to_elsewhere_is_no_slot(slots: Slots) -> None:
    (slots.folder / "current").unlink()
    (slots.folder / "current").symlink_to("/etc")
    assert slots.current == SHIPPED


@pytest.fixture(scope="module")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("launcher") / "zhizhu-launcher.pyz")


def _fake_release(slots: Slots, slot: str, script: str) -> None:
    """A slot whose interpreter is a shell script."""
    python = slots.place(slot) / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
    python.chmod(0o755)


def _launch(launcher: Path, slots: Slots, *, timeout: float = 20.0) -> subprocess.CompletedProcess[str]:
    """Start it as systemd does: with an interpreter that has nothing but its standard library."""
    words = [sys.executable, "-I", "-S", str(launcher), str(slots.folder), "/bin/echo", "run", "--config", "kiosk.toml"]
    return subprocess.run(
        words, capture_output=True, text=True, timeout=timeout, check=False, env=os.environ | {"PYTHONPATH": ""}
    )


def test_the_one_file_starts_with_the_standard_library_alone(launcher: Path, slots: Slots) -> None:
    _fake_release(slots, "a", 'echo "$ZHIZHU_LAUNCHER $PYTHONDONTWRITEBYTECODE $@"')
    assert _launch(launcher, slots).stdout == "1 1 -I -B -m kiosk run --config kiosk.toml\n"


def test_an_interpreter_that_went_away_is_no_dead_kiosk(launcher: Path, slots: Slots) -> None:
    assert _launch(launcher, slots).stdout == "run --config kiosk.toml\n"


def test_a_release_that_crashes_is_gone_after_three_starts(launcher: Path, slots: Slots) -> None:
    _fake_release(slots, "a", "echo old $ZHIZHU_WENT_BACK")
    _fake_release(slots, "b", "exit 1")
    slots.write_trial(PENDING)
    slots.switch("b")
    assert [_launch(launcher, slots).stdout for _ in range(5)] == ["", "", "", "old 1\n", "old\n"]


def test_a_release_that_hangs_is_ended_from_outside(slots: Slots) -> None:
    slots.write_trial(PENDING)
    slots.switch("b")
    choice = prepare(slots, NOW)
    with subprocess.Popen(["sleep", "600"]) as hanging:
        guard(slots, choice, os.pidfd_open(hanging.pid), wait_s=0.01)
        assert hanging.wait(10) == -signal.SIGKILL
    assert prepare(slots, NOW).slot == "a"
    trial = slots.trial()
    assert trial is not None
    assert "hung" in trial.trial.failure


def test_a_release_that_has_proven_itself_is_left_alone(slots: Slots) -> None:
    slots.write_trial(PENDING)
    slots.switch("b")
    choice = prepare(slots, NOW)
    slots.end_trial()
    with subprocess.Popen(["sleep", "600"]) as serving:
        guard(slots, choice, os.pidfd_open(serving.pid), wait_s=0.01)
        assert serving.poll() is None
        serving.kill()


@pytest.mark.thorough
def test_the_guard_stays_behind_when_the_release_has_taken_over(launcher: Path, slots: Slots) -> None:
    _fake_release(slots, "b", "exec sleep 600")
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    began_s = time.monotonic() - PROBE_WITHIN_S + 0.5
    slots.write_trial(replace(PENDING, trial=Trial(candidate="2", starts=1), boot=boot, began_s=began_s))
    slots.switch("b")
    assert _launch(launcher, slots).returncode == -signal.SIGKILL


def _no_space(*_args: object) -> None:
    raise OSError(28, "No space left on device")
