"""Sections ``[alarms]`` and ``[incidents]`` of fleet.toml."""

from dataclasses import replace
from datetime import timedelta

from pydantic import Field

from telemetry.fleet.alarms.root_cause import Terms
from telemetry.fleet.alarms.rules import ANY_OTHER, OF_CODE, Rule, Rules
from telemetry.fleet.section import Section

A_DAY_S = 86_400.0
MAX_RULES = 500


class AlarmRule(Section):
    """What one code does otherwise than the product's own rule; what is not given stays."""

    raise_for_s: float | None = Field(default=None, ge=0, le=A_DAY_S)
    """How long it has to be said before it is open."""
    clear_for_s: float | None = Field(default=None, ge=0, le=A_DAY_S)
    """How long it has to stay away before it is over."""
    flap_limit: float | None = Field(default=None, ge=2, le=1_000)
    """Raises, each halving in weight every ``flap_half_life_s``, from which on it flaps."""
    flap_half_life_s: float | None = Field(default=None, ge=10, le=A_DAY_S)
    """Seconds in which a raise comes to count for half."""
    hold_s: float | None = Field(default=None, ge=0, le=A_DAY_S)
    """How long it has to stay away while it flaps."""
    needs_person: bool | None = None
    """Whether a person is told at all, unless it flaps."""
    person_after_s: float | None = Field(default=None, ge=0, le=A_DAY_S)
    """How long it has to be open before a person is told."""
    escalate_after_min: float | None = Field(default=None, ge=1, le=10_000)
    """Minutes of service in which somebody has to acknowledge it."""

    def over(self, rule: Rule) -> Rule:
        """Return a rule with what is given here."""
        seconds = {
            "raise_for": self.raise_for_s,
            "clear_for": self.clear_for_s,
            "flap_half_life": self.flap_half_life_s,
            "hold": self.hold_s,
            "person_after": self.person_after_s,
            "escalate_after": None if self.escalate_after_min is None else self.escalate_after_min * 60,
        }
        given = {name: timedelta(seconds=number) for name, number in seconds.items() if number is not None}
        changed = replace(rule, **given)  # type: ignore[arg-type]  # every name is one of a timedelta
        if self.flap_limit is not None:
            changed = replace(changed, flap_limit=self.flap_limit)
        if self.needs_person is False:
            return replace(changed, person_after=None)
        return replace(changed, person_after=changed.person_after or timedelta()) if self.needs_person else changed


class Alarms(Section):
    """How alarms behave, code by code."""

    rules: dict[str, AlarmRule] = Field(default={}, max_length=MAX_RULES)
    """By fault code, e.g. ``[alarms.rules."printer.paper_low"]``; every other code has the product's own rule."""

    def as_rules(self) -> Rules:
        """Return them ready to be asked."""
        own = {code: rule.over(OF_CODE.get(code, ANY_OTHER)) for code, rule in self.rules.items()}
        return Rules(of_code={**OF_CODE, **own})


class Incidents(Section):
    """When many silences are one incident."""

    least: int = Field(default=3, ge=2, le=1_000)
    """Kiosks, at least."""
    share: float = Field(default=0.5, ge=0.1, le=1)
    """Of the kiosks of a scope that can be asked."""
    within_s: float = Field(default=120, ge=10, le=3_600)
    """Seconds within which they all have to fall silent."""
    settle_s: float = Field(default=10, ge=1, le=30)
    """Seconds to wait for more after the first of them."""
    calm_s: float = Field(default=60, ge=0, le=3_600)
    """Seconds for which all have to be back before it is over."""
    alone_s: float = Field(default=600, ge=60, le=86_400)
    """Seconds without another one back, when most are, after which the others are silent for reasons of their own."""

    def as_terms(self) -> Terms:
        """Return them ready to be asked."""
        return Terms(
            least=self.least,
            share=self.share,
            within=timedelta(seconds=self.within_s),
            settle=timedelta(seconds=self.settle_s),
            calm=timedelta(seconds=self.calm_s),
            alone=timedelta(seconds=self.alone_s),
        )
