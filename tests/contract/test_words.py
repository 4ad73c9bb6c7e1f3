"""Words that are given up, in what the product says to people outside the site.

The site's own texts are held by admin_site/src/app/words.test.ts, by the same list.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from solaris.exports import columns as export_columns
from solaris.ledger.refusals import OTHER
from solaris.ledger.refusals import REASONS as REFUSED
from solaris.operations.states import REASONS
from solaris.platform import texts

ROOT = Path(__file__).resolve().parents[2]
SOLARIS = ROOT / "layers/shared/python/solaris"
RETIRED = {
    r"\d\}? %": "80%, in both languages",
    r"(?<!\*)\b[Pp]edidos?\b(?! de tokens)": "requisição for admins, pergunta for people; a pedido "
    "is one of tokens",
    r"[Tt]ransaç": "movimentação",
    r"[Cc]onciliaç": "conferência dos saldos",
    r"[Dd]iga o motivo": "informe o motivo",
    r"\bde vez\b": "definitivamente",
    r"[Mm]aiores|Greatest|que mais usam": "quem mais usa, top users",
    r"\b(do|no|ao|pelo) IA SOLARIS": "da IA SOLARIS",
    r"[Rr]essalvas|With reservations": "atenção, degraded",
    r"[Pp]rimeira resposta|[Pp]rimeiro byte|First byte": "primeiro token",
    r"[Ss]em nenhum token|[Tt]okens esgotados|[Ss]em cota": "cota esgotada",
    r"\{(unpriced|requests|users)\} (requests|requisições|users|usuários)\b": "a form for one",
}


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _strings(one)


def _of_others() -> dict[str, object]:
    """Texts of refusals but those of requests for tokens, which are a `pedido`."""
    return {name: one for name, one in texts._ERRORS.items() if not name.startswith("request_")}


def _written_in(folder: Path, *patterns: str) -> Iterator[str]:
    """The literals of modules; an f-string's holes are `{…}` with what is in them."""
    for pattern in patterns:
        files = list(folder.glob(pattern))
        assert files, pattern
        for file in files:
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    yield ast.unparse(node)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def _shown(panel: object) -> Iterator[str]:
    """Titles, legends and explanations of a dashboard; not its expressions."""
    if isinstance(panel, dict):
        for name, value in panel.items():
            if name in {"title", "description", "legendFormat", "label"} and value:
                yield str(value)
            yield from _shown(value)
    elif isinstance(panel, list):
        for one in panel:
            yield from _shown(one)


def _told_by_rules() -> Iterator[str]:
    document = yaml.safe_load((ROOT / "infra/observability/alert-rules.yml").read_text("utf-8"))
    for group in document["groups"]:
        for rule in group["rules"]:
            yield rule["annotations"]["summary"]
            yield rule["annotations"]["description"]


SAID: dict[str, Callable[[], Iterator[str]]] = {
    "refusals and rules": lambda: _strings([_of_others(), texts._RULES, texts._USAGE_LINK]),
    "mails": lambda: _written_in(SOLARIS, "alerts/mail*.py", "platform/mail/*.py"),
    "exports": lambda: _strings(export_columns._TITLES),
    "states": lambda: (
        text for one in REASONS.values() for text in (one.what, one.what_pt, one.remedy_pt)
    ),
    "command line": lambda: _written_in(
        SOLARIS, "cli.py", "*/*commands.py", "*/command_texts.py", "platform/terminal/*.py"
    ),
    "API": lambda: _strings(json.loads((ROOT / "admin_site/openapi.json").read_text("utf-8"))),
    "dashboard": lambda: _shown(
        json.loads((ROOT / "infra/observability/grafana-dashboard.json").read_text("utf-8"))
    ),
    "alert rules": _told_by_rules,
    "demo": lambda: _written_in(ROOT / "infra/local", "**/*.py"),
    "guide": lambda: iter(
        [
            (ROOT / name).read_text("utf-8")
            for name in ("admin_site/GUIDE.md", "admin_site/GUIDE.pt-BR.md", "README.pt-BR.md")
        ]
    ),
}


@pytest.mark.parametrize("where", SAID)
def test_nobody_is_told_a_word_that_is_given_up(where: str) -> None:
    said = list(SAID[where]())
    assert len(said) > 2
    found = [
        f"{why}: {text[max(0, hit.start() - 30) : hit.end() + 30]!r}"
        for text in said
        for pattern, why in RETIRED.items()
        for hit in re.finditer(pattern, text)
    ]
    assert found == []


def test_the_site_has_a_name_for_every_reason_to_refuse() -> None:
    """In both languages; `other` is the rest of the chart."""
    words = (ROOT / "admin_site/src/shared/refusals/words.ts").read_text("utf-8")
    named = re.findall(r"^    refused_(\w+): \"", words, re.MULTILINE)
    wanted = sorted(set(REFUSED) - {OTHER})
    assert sorted(named) == sorted([*wanted, *wanted])
    assert sorted(re.findall(r"^  (\w+): \"refused_\1\"", words, re.MULTILINE)) == wanted
