"""Models of weights: the table, what was used, and what a month would have charged."""

from typing import Annotated, Any

from pydantic import Field

from solaris.ledger.weighing import WeightTable
from solaris.platform.actor import MAX_REASON_CHARACTERS
from solaris.platform.model_weight import ModelWeight, stated_weights
from solaris.platform.web.schemas import ApiModel, Instant
from solaris.weights.preview import Preview
from solaris.weights.service import MOST_ENTRIES, UsedModel, WeightsView


class WeightParts(ApiModel):
    """How many times a token of each kind counts: 0 to 1000, three decimals at most."""

    prompt: float
    completion: float
    cached: float | None = Field(
        default=None, description="Of the prompt, what came from a cache; null: by the settings."
    )

    @classmethod
    def of(cls, weight: ModelWeight) -> "WeightParts":
        """A weight in force."""
        return cls(**weight.times())


WeightIn = Annotated[
    float | str | WeightParts,
    Field(
        description="A number for all tokens (`5`; 0 is free), an object, or `auto:<model>`: as "
        "many times as the price is that of the model named."
    ),
]
Entries = Annotated[dict[str, WeightIn], Field(max_length=MOST_ENTRIES)]


class WeightsIn(ApiModel):
    """A table of weights, by a model's name, the beginning of names (`gpt-5*`), or `*`."""

    weights: Entries

    def entries(self) -> dict[str, Any]:
        """As the service takes it."""
        return {
            name: value.model_dump(exclude_none=True) if isinstance(value, WeightParts) else value
            for name, value in self.weights.items()
        }


class WeightsChange(WeightsIn):
    """A table in the place of another."""

    version: int = Field(ge=0, description="Of the table that was read: 409 where it has changed.")
    reason: Annotated[str, Field(max_length=MAX_REASON_CHARACTERS)] = ""


class WeightEntryOut(ApiModel):
    """What is written for a name."""

    name: str
    weight: WeightParts | None = Field(description="Null: it follows the prices.")
    auto: str | None = Field(description="The model that counts once, where it follows prices.")


class UsedModelOut(ApiModel):
    """A model of this month or the last one, and its weight now."""

    model: str
    weight: WeightParts
    entry: str | None = Field(description="The entry that says so; null: each token counts once.")
    has_price: bool | None = Field(
        description="Where it follows prices: whether one is known; if not, it counts as `*`."
    )
    requests: int
    tokens: int = Field(description="Prompt and completion, as the model counts them.")
    charged_tokens: int

    @classmethod
    def of(cls, one: UsedModel) -> "UsedModelOut":
        """A model."""
        return cls(
            model=one.model,
            weight=WeightParts.of(one.found.weight),
            entry=one.found.entry,
            has_price=one.found.by_price,
            requests=one.figures.requests,
            tokens=one.figures.prompt_tokens + one.figures.completion_tokens,
            charged_tokens=one.figures.charged_tokens,
        )


class WeightsOut(ApiModel):
    """The table in force."""

    version: int = Field(description="0: the environment's, as MODEL_WEIGHTS says.")
    changed_at: Instant | None
    changed_by: str | None
    entries: list[WeightEntryOut]
    models: list[UsedModelOut] = Field(description="Of this month and the last, most used first.")

    @classmethod
    def of(cls, view: WeightsView) -> "WeightsOut":
        """A view."""
        return cls(
            version=view.table.version,
            changed_at=view.table.changed_at,
            changed_by=view.table.changed_by,
            entries=entries_of(view.table),
            models=[UsedModelOut.of(one) for one in view.models],
        )


class ModelPreviewOut(ApiModel):
    """One model of the month."""

    model: str
    tokens: int
    charged_tokens: int
    would_charge: int


class WeightsPreviewOut(ApiModel):
    """What a month would have charged. Tokens; nothing is changed."""

    period: str
    charged_tokens: int
    would_charge: int
    percent: float | None = Field(description="How much more; null: nothing was charged.")
    users: int
    users_over: int = Field(description="Whose usage would pass what they are granted now.")
    users_newly_over: int = Field(description="Of those, whose usage does not pass it today.")
    is_whole: bool = Field(description="False: so many users that not all were looked at.")
    models: list[ModelPreviewOut]

    @classmethod
    def of(cls, preview: Preview) -> "WeightsPreviewOut":
        """A preview."""
        return cls(
            period=preview.period,
            charged_tokens=preview.charged,
            would_charge=preview.would_charge,
            percent=preview.percent,
            users=preview.people,
            users_over=preview.over,
            users_newly_over=preview.newly_over,
            is_whole=preview.is_whole,
            models=[
                ModelPreviewOut(
                    model=name,
                    tokens=one.tokens,
                    charged_tokens=one.charged,
                    would_charge=one.would_charge,
                )
                for name, one in preview.models.items()
            ],
        )


def entries_of(table: WeightTable) -> list[WeightEntryOut]:
    """A table's entries, as they are written."""
    return [
        WeightEntryOut(
            name=name,
            weight=None
            if one.reference is not None
            else WeightParts(
                prompt=one.prompt / 1000,
                completion=one.completion / 1000,
                cached=None if one.cached is None else one.cached / 1000,
            ),
            auto=one.reference,
        )
        for name, one in stated_weights(table.entries).items()
    ]
