"""What every section of fleet.toml is: frozen, strict, and without a key it does not know."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One table of fleet.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
