"""The faults a far end can be given, as data: what can be chosen, and the reading of what a trainer types."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from drivers.transport.far_end import GivableFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A number that goes with a fault.

    Attributes:
        meaning: What it is, with its unit.
        least: Smallest value; with ``most`` the allowed range.
        is_whole: Whether it counts something.
    """

    meaning: str
    default: float
    least: float
    most: float
    is_whole: bool = True

    def described(self) -> str:
        """For the rig's page: meaning, default and range."""
        return f"{self.meaning}；默认 {_plain(self.default)}，{_plain(self.least)} 到 {_plain(self.most)}"

    def parsed(self, name: str, written: str) -> float:
        """Read what was typed.

        Raises:
            ValueError: Not a number, or out of range; says what is allowed.
        """
        allowed = f"{'整数' if self.is_whole else '数'}，{_plain(self.least)} 到 {_plain(self.most)}"
        try:
            value = float(int(written)) if self.is_whole else float(written)
        except ValueError:
            raise ValueError(f"{name} 写的是 {written!r}，应该是{allowed}") from None
        if not self.least <= value <= self.most:
            raise ValueError(f"{name} 写的是 {written}，应该是{allowed}")
        return value


TIMES = Option(meaning="坏几次后自己恢复，0 表示直到清除", default=0, least=0, most=1000)
"""The option of a fault that can end by itself; see ``GivenFaults.counted``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One fault: how it is called, what the device then does, and what can be chosen."""

    title: str
    summary: str
    options: Mapping[str, Option] = field(default_factory=dict)


class GivenFaults:
    """The faults one far end shows now, out of those it can show."""

    def __init__(self, menu: Mapping[str, Kind]) -> None:
        """Begin well. ``menu`` has every fault by name."""
        self._menu = menu
        self._given: dict[str, dict[str, float]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __contains__(self, fault: str) -> bool:
        return fault in self._given

    def givable(self) -> tuple[GivableFault, ...]:
        """Every fault as the rig shows it."""
        return tuple(
            GivableFault(
                name=name,
                title=kind.title,
                summary=kind.summary,
                options={option: kind.options[option].described() for option in kind.options},
            )
            for name, kind in self._menu.items()
        )

    def give(self, fault: str, options: Mapping[str, str]) -> None:
        """Show a fault from now on.

        Raises:
            ValueError: Unknown fault or option, or a value out of range; says what there is.
        """
        known = self._known(fault).options
        for name in options:
            if name not in known:
                raise ValueError(f"{fault} 没有选项 {name!r}，有这些：{'、'.join(known) or '无'}")
        self._given[fault] = {
            name: option.parsed(name, options[name]) if name in options else option.default for name, option in known.items()
        }

    def clear(self, fault: str | None) -> None:
        """End one fault, or all of them. ValueError for one that does not exist."""
        if fault is None:
            self._given.clear()
        else:
            self._known(fault)
            self._given.pop(fault, None)

    def option(self, fault: str, option: str) -> float:
        """A number of a fault that shows; 0 when it does not."""
        return self._given[fault][option] if fault in self._given else 0.0

    def counted(self, fault: str) -> bool:
        """Whether a fault with the option ``times`` shows now; the last of its times ends it."""
        if fault not in self._given:
            return False
        chosen = self._given[fault]
        if chosen["times"] == 1:
            del self._given[fault]
        elif chosen["times"] > 1:
            chosen["times"] -= 1
        return True

    def titles(self) -> str:
        """The faults that show, joined by ``、``, or ``无``."""
        return "、".join(self._menu[fault].title for fault in self._given) or "无"

    def _known(self, fault: str) -> Kind:
        if fault not in self._menu:
            raise ValueError(f"没有故障 {fault!r}，有这些：{'、'.join(self._menu)}")
        return self._menu[fault]


def _plain(number: float) -> str:
    return f"{number:.0f}" if number == int(number) else f"{number:g}"
