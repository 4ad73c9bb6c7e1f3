"""The words that Typer brings along, in pt-BR: usage, headings of the help, wrong calls.

Typer is written in English; what it says is replaced where it is shown. tests/contract holds that
no help and no wrong call is left in English.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup, TyperOption

from solaris.platform.terminal.language import in_language, language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer._click.core import Command
    from typer._click.formatting import HelpFormatter

# Constants of typer.rich_utils: English, Portuguese.
_PANELS: Mapping[str, tuple[str, str]] = {
    "ARGUMENTS_PANEL_TITLE": ("Arguments", "Argumentos"),
    "OPTIONS_PANEL_TITLE": ("Options", "Opções"),
    "COMMANDS_PANEL_TITLE": ("Commands", "Comandos"),
    "ERRORS_PANEL_TITLE": ("Error", "Erro"),
    "DEFAULT_STRING": ("[default: {}]", "[padrão: {}]"),
    "REQUIRED_LONG_STRING": ("[required]", "[obrigatório]"),
    "ABORTED_TEXT": ("Aborted.", "Cancelado."),
    "RICH_HELP": (
        "Try [blue]'{command_path} {help_option}'[/] for help.",
        "Use [blue]'{command_path} {help_option}'[/] para ver a ajuda.",
    ),
}
# What Typer gives a help of its own, and what it calls an option's value.
_HELPS: Mapping[str, str] = {
    "Show this message and exit.": "Mostra esta ajuda e sai.",
    "Install completion for the current shell.": "Instala o completamento para este shell.",
    "Show completion for the current shell, to copy it or customize the installation.": (
        "Mostra o completamento deste shell, para copiar ou adaptar a instalação."
    ),
    "[OPTIONS]": "[OPÇÕES]",
    "COMMAND [ARGS]...": "COMANDO [ARGUMENTOS]...",
}
_TYPES: Mapping[str, str] = {
    "<str>": "<texto>",
    "<int>": "<inteiro>",
    "<int range>": "<inteiro>",
    "<float>": "<número>",
    "<float range>": "<número>",
    "<path>": "<caminho>",
    "<file>": "<arquivo>",
    "<directory>": "<pasta>",
    "<datetime>": "<data>",
    "<%Y-%m-%d>": "<AAAA-MM-DD>",
}
# What is wrong with a call; what a pattern has in brackets goes into the holes.
_WRONG: tuple[tuple[str, str], ...] = (
    (r"Missing argument (.+?)\. Choose from:\s*(.+)", "Falta o argumento {0}. Escolha entre: {1}"),
    (r"Missing argument (.+?)\.", "Falta o argumento {0}."),
    (r"Missing option (.+?)\. Choose from:\s*(.+)", "Falta a opção {0}. Escolha entre: {1}"),
    (r"Missing option (.+?)\.", "Falta a opção {0}."),
    (r"Missing command\.", "Falta o comando."),
    (
        r"No such command (.+?)\. Did you mean (.+)\?",
        "O comando {0} não existe. Você quis dizer {1}?",
    ),
    (r"No such command (.+?)\.", "O comando {0} não existe."),
    (
        r"No such option: (\S+) \(Possible options: (.+)\)",
        "A opção {0} não existe (opções possíveis: {1})",
    ),
    (r"No such option: (\S+)", "A opção {0} não existe"),
    (r"Got unexpected extra argument\(s\) \((.*)\)", "Há argumentos a mais ({0})"),
    (r"Option (.+) requires an argument\.", "A opção {0} precisa de um valor."),
    (r"Option (.+) does not take a value\.", "A opção {0} não aceita valor."),
)
_VALUES: tuple[tuple[str, str], ...] = (
    (r"Input should be a valid integer.*", "deve ser um número inteiro"),
    (r"Input should be a valid number.*", "deve ser um número"),
    (r"Input should be greater than or equal to (\S+)", "deve ser no mínimo {0}"),
    (r"Input should be less than or equal to (\S+)", "deve ser no máximo {0}"),
    (r"Input should be (.+) or (.+)", "deve ser {0} ou {1}"),
    (r"Input should be (.+)", "deve ser {0}"),
    (r".*is not one of (.+)", "deve ser um destes: {0}"),
    (r".*does not match the formats? (.+)", "deve ser uma data no formato AAAA-MM-DD"),
)
_VALUE = re.compile(r"Invalid value(?: for (.+?))?: (.+)", re.DOTALL)


class _Context(typer.Context):
    """Says how a command is used; Typer asks for that before it shows a help or an error."""

    def make_formatter(self) -> "HelpFormatter":
        speak()
        formatter = super().make_formatter()
        write_usage = formatter.write_usage

        def write(prog: str, args: str = "", prefix: str | None = None) -> None:
            write_usage(prog, args, prefix or ("Uso: " if language() == "pt-BR" else None))

        formatter.write_usage = write  # type: ignore[method-assign]
        return formatter


class WrongCallError(typer.BadParameter):
    """A wrong call, in the language of this call; exit code 2 as ever."""

    def format_message(self) -> str:
        """The text, without Typer's own words before it."""
        return self.message


def translate(root: "Command") -> None:
    """Put every help below a command into the language of this call."""
    for command in _commands(root):
        command.context_class = _Context
        command.help = _said(command.help)
        command.epilog = _said(command.epilog)
        command.short_help = _said(command.short_help)
        command.options_metavar = _said(command.options_metavar)
        if isinstance(command, TyperGroup):
            command.subcommand_metavar = _said(command.subcommand_metavar) or ""
        context = _Context(command)
        for param in command.get_params(context):
            _translate_param(param, context)


def translated(error: typer.TyperException) -> typer.TyperException:
    """A wrong call in the language of this call; what is not known stays as it is."""
    speak()
    if language() == "en" or type(error).__name__ == "NoArgsIsHelpError":
        return error
    told = WrongCallError(wrong_call(error.format_message()), getattr(error, "ctx", None))
    told.__cause__ = error
    return told


def wrong_call(text: str) -> str:
    """What Typer says of a wrong call, in pt-BR; itself where it is not known."""
    if found := _VALUE.fullmatch(text):
        value = _by(_VALUES, found[2])
        return f"Valor inválido: {value}" if not found[1] else f"{found[1]}: {value}"
    return _by(_WRONG, text)


def speak() -> None:
    """Make Typer's headings those of the language of this call."""
    from typer import rich_utils  # noqa: PLC0415 - slow, and needed for help and errors alone

    for name, by_language in _PANELS.items():
        setattr(rich_utils, name, by_language[language() == "pt-BR"])


def _by(patterns: tuple[tuple[str, str], ...], text: str) -> str:
    for pattern, told in patterns:
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return told.format(*(" ".join(one.split()) for one in found.groups()))
    return text


def _commands(command: "Command") -> "Iterator[Command]":
    yield command
    for one in getattr(command, "commands", {}).values():
        yield from _commands(one)


def _said(text: str | None) -> str | None:
    if not text:
        return text
    return _HELPS.get(text, text) if language() == "pt-BR" and text in _HELPS else in_language(text)


def _translate_param(param: Any, context: typer.Context) -> None:
    param.help = _said(param.help)
    param.metavar = _said(param.metavar)
    shown = _TYPES.get(param.display_type(context)) if language() == "pt-BR" else None
    if shown and (param.metavar is None or not isinstance(param, TyperOption)):
        param.display_type_rich = lambda ctx: shown  # noqa: ARG005 - as Typer calls it
