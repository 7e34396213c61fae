"""What every value in the model has in common."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """An immutable value; an unknown or missing field is an error, never dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")
