"""How much a token counts, as the command line says it."""

from solaris.platform.model_weight import THOUSAND, ModelWeight
from solaris.platform.terminal.command_texts import TEXTS
from solaris.platform.terminal.language import Texts, decimal

_t = Texts(TEXTS)


def times(weight: ModelWeight, cached: int | None = None) -> str:
    """`5×`, or `2× + 8×` of prompt and answer, and of the cache where that is another.

    `cached`, in thousandths, is shown instead of the weight's own.
    """
    if weight.is_free and not cached:
        return _t("free")
    shown = [weight.prompt]
    if weight.completion != weight.prompt:
        shown.append(weight.completion)
    text = " + ".join(f"{_number(one)}×" for one in shown)
    other = weight.cached if cached is None else cached
    return text if other == weight.prompt else f"{text} (cache {_number(other)}×)"


def _number(thousandths: int) -> str:
    return decimal(thousandths / THOUSAND, 3).rstrip("0").rstrip(",.")
