"""What differs from one ESC/POS printer to another, as it stands in the configuration."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, FilePath, ValidationInfo, field_validator

from drivers.receipt_printer.models import MODELS
from drivers.receipt_printer.print_codec import Codepage


class EscPosSettings(BaseModel):
    """What differs from one ESC/POS printer to another."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    model: str = Field(default="generic", description="A word of models.py.")
    width_mm: Literal[58, 80] = Field(default=80, description="Width of the paper.")
    codepage: Codepage = Field(default=Codepage.GBK, description="Which characters its own Chinese font is trusted to have.")
    font: FilePath | None = Field(default=None, description="Font for rare characters; None looks in the usual places.")
    status_deadline_s: float = Field(default=0.5, ge=0.1, le=5.0, description="Seconds an answer to DLE EOT may take.")
    speed_mm_s: float | None = Field(default=None, ge=20.0, le=500.0, description="Paper speed; None takes the model's.")
    not_taken_s: float = Field(
        default=90.0, ge=10.0, le=600.0, description="Seconds a receipt may lie in the presenter; a visit looks for it after 60."
    )

    @field_validator("model")
    @classmethod
    def _is_known(cls, model: str) -> str:
        if model not in MODELS:
            raise ValueError(f"there is no model {model!r}; there are: {', '.join(MODELS)}")
        return model

    @field_validator("width_mm")
    @classmethod
    def _fits_the_model(cls, width_mm: int, others: ValidationInfo) -> int:
        model = MODELS.get(others.data.get("model", ""))
        if model is not None and width_mm not in model.width_mm:
            raise ValueError(f"this model takes paper of {' or '.join(map(str, model.width_mm))} mm")
        return width_mm
