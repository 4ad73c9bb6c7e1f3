"""What a request asks a model to read, as far as that can be told before the call."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt's size, and what of it only the upstream can know.

    `tokens` is all that could be counted. `references` are the things on the upstream's side that
    the body only names, as `kind:id`, each once, in the order of the body: `previous_response_id`,
    `conversation`, `prompt` (a stored one), `container`, `item` (of an earlier response), `audio`
    (an earlier answer's), `file` (by id) and `url` (a file by URL, cut to 200 characters). Any of
    them may be as large as the model's context.
    """

    tokens: int
    references: tuple[str, ...] = ()
    has_media: bool = False
