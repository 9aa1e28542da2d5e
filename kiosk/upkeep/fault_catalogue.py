"""The fault catalogue: everything that is said about a fault, from its one folder, refused whole when a word is missing.

``faults/`` holds one file a room (``printer``, ``camera`` ...), named as the first half of its codes. The words are published:
add, never rename, never reuse, nor a short code. The order in a file is the order of naming: when several faults take away
the same thing, the villager hears of the one that stands first. In a clerk's words ``{4}`` stands for the place sticker 4.
After a change: ``python -m kiosk.upkeep.fault_words``.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from drivers.contract.fault import Remedy, Severity
from kiosk.services.service import Capability
from kiosk.upkeep.rung import HealStep, Rung

SHIPPED = Path(__file__).parent / "faults"
"""The catalogue that comes with the product."""

LINE_CHARACTERS = 18
"""Characters a line on the villager's screen holds; a place sticker counts as one (experience.md E4)."""

LINK_LADDERS: Mapping[str, tuple[HealStep, ...]] = {
    "unreachable": (HealStep(rung=Rung.POWER_CYCLE_PORT, after_s=60.0),),
    "silent": (HealStep(rung=Rung.POWER_CYCLE_PORT, after_s=20.0), HealStep(rung=Rung.RESTART_WORKER, after_s=20.0)),
    "garbled": (HealStep(rung=Rung.RESTART_WORKER, after_s=10.0), HealStep(rung=Rung.POWER_CYCLE_PORT, after_s=20.0)),
    "driver_failed": (HealStep(rung=Rung.RESTART_WORKER, tries=2),),
}
"""What is tried for trouble of a device's link that names no ladder of its own. It is reopened for ever besides."""

Sentence = Annotated[str, Field(min_length=1, max_length=60)]


class CatalogueError(ValueError):
    """The catalogue cannot be used. The message names every table at fault and what it lacks."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ClerkWords(_Table):
    """What the clerk is shown: one picture, one action, at most three short lines.

    Attributes:
        picture: Key of the drawing.
        appeal: The one action as a headline.
        lines: ``{4}`` stands for the place sticker 4.
        hint: Where the spare part lies, or what happens next.
    """

    picture: Literal[
        "change_receipt_roll",
        "close_cover",
        "plug_cable",
        "clear_receipt_jam",
        "load_a4_paper",
        "clear_a4_jam",
        "close_a4_door",
        "wipe_camera",
        "clear_table",
        "take_left_card",
        "close_cabinet",
        "plug_mains",
    ]
    appeal: str = Field(min_length=1, max_length=8)
    lines: tuple[str, ...] = Field(min_length=1, max_length=3)
    hint: str = Field(min_length=1, max_length=LINE_CHARACTERS)

    @field_validator("lines")
    @classmethod
    def _fits_on_the_screen(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        for line in lines:
            shown = _stickers_as_one_character(line)
            if not 1 <= len(shown) <= LINE_CHARACTERS:
                message = f"{line!r} has {len(shown)} characters, 1 to {LINE_CHARACTERS} fit"
                raise ValueError(message)
        return lines


class FlapLimit(_Table):
    """More than ``times`` raises within ``within_s`` seconds: the fault then stays open until it was quiet for ``hold_s``."""

    times: int = Field(ge=2, le=1000)
    within_s: float = Field(ge=1, le=86_400)
    hold_s: float = Field(ge=0, le=86_400)


class FaultEntry(_Table):
    """Everything that is said about one code.

    Attributes:
        code: Published word, e.g. ``printer.paper_out``.
        rank: Place in the file: when several faults take away the same thing, the lowest rank is named.
        short: For the telephone.
        villager: The reason in a villager's words.
        clerk: Set whenever the clerk can end it, and only then.
        technician: Steps in order.
        withdraws: What this kiosk can no longer do while the fault stands; empty for a DEGRADED one, never for a BLOCKING one.
        raise_for_s: Seconds a symptom has to last before it is a fault.
        clear_for_s: Seconds it has to be away before the fault has ended.
        heal: What the kiosk tries by itself, in this order, before a person is asked.
        heal_per_hour: Tries of all of them within an hour at most.
        reset_tries: In short for a ladder of resets alone.
    """

    code: str
    rank: int
    short: str = Field(pattern=r"^[A-Z][0-9]{2,3}$")
    severity: Severity
    remedy: Remedy
    title_zh: str = Field(min_length=1, max_length=LINE_CHARACTERS)
    title_en: str = Field(min_length=1, max_length=60)
    villager: str = Field(min_length=1, max_length=12)
    clerk: ClerkWords | None = None
    technician: tuple[Sentence, ...] = Field(min_length=1, max_length=8)
    withdraws: tuple[Capability, ...]
    raise_for_s: float = Field(ge=0, le=600)
    clear_for_s: float = Field(ge=0, le=600)
    heal: tuple[HealStep, ...] = Field(default=(), max_length=8)
    heal_per_hour: int = Field(default=12, ge=1, le=60)
    reset_tries: int = Field(default=0, ge=0, le=5)
    flap: FlapLimit

    @property
    def ladder(self) -> tuple[HealStep, ...]:
        """What the kiosk tries by itself, in order; empty when only a person can help."""
        if self.reset_tries:
            return (HealStep(rung=Rung.RESET, tries=self.reset_tries),)
        return self.heal or LINK_LADDERS.get(self.code.rpartition(".")[2], ())

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if (self.clerk is not None) != (self.remedy is Remedy.CLERK):
            message = "clerk: its picture and words are needed when remedy is CLERK, and only then"
            raise ValueError(message)
        if bool(self.withdraws) != (self.severity is Severity.BLOCKING):
            message = "withdraws: a BLOCKING fault takes at least one capability away, a DEGRADED one none"
            raise ValueError(message)
        if self.remedy is Remedy.RESET and not self.ladder:
            message = "heal (or reset_tries, in short): a fault whose remedy is RESET needs at least one try"
            raise ValueError(message)
        if self.heal and self.reset_tries:
            message = "heal: stands beside reset_tries, which is short for it"
            raise ValueError(message)
        if len({step.rung for step in self.heal}) < len(self.heal):
            message = "heal: the same rung stands twice; use tries"
            raise ValueError(message)
        return self


class FaultCatalogue:
    """The entries by code. A code the catalogue has never heard of is answered with None, and is still a fault."""

    def __init__(self, entries: tuple[FaultEntry, ...]) -> None:
        shorts: dict[str, str] = {}
        for entry in entries:
            if (other := shorts.setdefault(entry.short, entry.code)) != entry.code:
                raise CatalogueError(f"{entry.code}: short: {entry.short} already belongs to {other}")
        self._entries: Mapping[str, FaultEntry] = {entry.code: entry for entry in entries}

    def __iter__(self) -> Iterator[FaultEntry]:
        return iter(self._entries.values())

    def find(self, code: str) -> FaultEntry | None:
        """What is said about a code."""
        return self._entries.get(code)

    def rank(self, code: str) -> int:
        """Place of a code in the file; unknown codes come last."""
        entry = self._entries.get(code)
        return len(self._entries) if entry is None else entry.rank


def load_catalogue(folder: Path = SHIPPED) -> FaultCatalogue:
    """Read the catalogue, strictly.

    Raises:
        CatalogueError: A file is not TOML or speaks of another room, or an entry lacks a word, has an unknown key or a value
            out of range.
    """
    entries: list[FaultEntry] = []
    wrong: list[str] = []
    for code, table in (each for path in sorted(folder.glob("*.toml")) for each in _read(path)):
        try:
            # TOML, like JSON, has arrays and text where we have tuples and words: strict about the rest.
            entries.append(FaultEntry.model_validate_json(json.dumps({**table, "code": code, "rank": len(entries)}, default=str)))
        except ValidationError as error:
            wrong += [f"{code}: {'.'.join(map(str, each['loc'])) or 'entry'}: {each['msg']}" for each in error.errors()]
    if wrong:
        raise CatalogueError("; ".join(wrong))
    if not entries:
        raise CatalogueError(f"{folder}: no fault stands there; expected files such as printer.toml")
    return FaultCatalogue(tuple(entries))


def _read(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    try:
        rooms = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CatalogueError(f"{path}: cannot be read as TOML: {error}") from error
    if set(rooms) - {path.stem}:
        raise CatalogueError(
            f"{path}: expected tables of its own room, such as [{path.stem}.unreachable]; found {', '.join(rooms)}"
        )
    yield from _flattened(rooms)


def _flattened(rooms: Mapping[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    for room, codes in rooms.items():
        if not isinstance(codes, dict):
            raise CatalogueError(f"{room}: expected a table such as [{room}.paper_out]")
        for name, table in codes.items():
            if not isinstance(table, dict):
                raise CatalogueError(f"{room}.{name}: expected a table of its own")
            yield f"{room}.{name}", table


def _stickers_as_one_character(line: str) -> str:
    for place in "12345":
        line = line.replace(f"{{{place}}}", "①")
    return line
