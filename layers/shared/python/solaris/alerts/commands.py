"""`solaris mail`: what the mails look like."""

from pathlib import Path
from typing import Annotated

import typer

from solaris.alerts.command_texts import TEXTS
from solaris.platform.terminal.command_texts import TEXTS as COMMON
from solaris.platform.terminal.environment import load_run_environment
from solaris.platform.terminal.language import Language, Texts
from solaris.platform.terminal.output import AsJson, as_json, say

_t, _common = Texts(TEXTS), Texts(COMMON)
app = typer.Typer(no_args_is_help=True, help=_t.help("mail"))


@app.callback(help=_t.help("mail"))
def mail() -> None:
    """Mails: what users and admins get to read."""


@app.command(help=_t.help("preview"))
def preview(
    *,
    out: Annotated[
        Path, typer.Option(metavar=_common.help("FOLDER"), help=_t.help("preview.out"))
    ] = Path("mail-preview"),
    locale: Annotated[Language | None, typer.Option(help=_t.help("preview.locale"))] = None,
    json: AsJson = False,
) -> None:
    """Write every mail with made-up figures as .html, .txt and .eml. Sends nothing."""
    # imported here: the parts take a while to load, and --help needs none of them
    from solaris.alerts.causes.rendering import CauseRenderer  # noqa: PLC0415 - see above
    from solaris.alerts.causes.samples import cause_samples  # noqa: PLC0415 - see above
    from solaris.alerts.mail_samples import ANA, samples  # noqa: PLC0415 - see above
    from solaris.alerts.mails import compose  # noqa: PLC0415 - see above
    from solaris.platform.clock import now  # noqa: PLC0415 - see above
    from solaris.platform.settings import load_settings  # noqa: PLC0415 - see above

    load_run_environment()
    settings = load_settings()
    if out.exists() and not out.is_dir():
        raise typer.BadParameter(_t("preview.no_folder", out=out), param_hint="--out")
    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for language in [locale] if locale else list(Language):
        support = settings.support_email or "suporte@example.com"
        renderer = CauseRenderer(language.value, support_email=support)
        zone = settings.zone
        for name, rendered in (*samples(renderer, zone), *cause_samples(renderer, zone)):
            path = out / f"{name}.{language.value}"
            message = compose(
                rendered,
                from_email=settings.from_email,
                to=[ANA.email],
                mail_id=path.name,
                now=now(),
                reply_to=support,
            )
            _suffixed(path, "html").write_text(rendered.html, encoding="utf-8")
            _suffixed(path, "txt").write_text(rendered.text, encoding="utf-8")
            _suffixed(path, "eml").write_bytes(message.as_bytes())
            written.append(path)
    if json:
        as_json({"folder": str(out), "mails": [path.name for path in written]})
    say(_t("preview.done", mails=len(written), out=out))


def _suffixed(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{suffix}")
