"""The project's pages (Markdown) as tests read them: headings, links, blocks, commands."""

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {"node_modules", "dist", "build"}
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
SUBSTITUTION = re.compile(r"\$\(([^()]*)\)")


@dataclass(frozen=True)
class Page:
    """One page: `path` relative to the root, with forward slashes."""

    path: str
    text: str

    @classmethod
    def read(cls, path: str) -> Self:
        """The page as it is in the tree."""
        return cls(path, (ROOT / path).read_text(encoding="utf-8"))

    @cached_property
    def prose(self) -> str:
        """The text without fenced blocks."""
        return BLOCK.sub("", self.text)

    @cached_property
    def headings(self) -> list[tuple[int, str]]:
        """(level, text) of every heading, in order."""
        found = re.findall(r"^(#+) (.+)$", self.prose, re.MULTILINE)
        return [(len(level), text) for level, text in found]

    @cached_property
    def anchors(self) -> set[str]:
        """What `#…` may name, as GitHub makes it of headings."""
        seen: Counter[str] = Counter()
        found = set()
        for _, heading in self.headings:
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
            slug = re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-")
            found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
            seen[slug] += 1
        return found

    @cached_property
    def titles(self) -> set[str]:
        """What a text may call a part of the page: headings and bold words."""
        bold = re.findall(r"\*\*(.+?)[.:]?\*\*", self.prose)
        return {text for _, text in self.headings} | set(bold)

    @cached_property
    def links(self) -> list[str]:
        """Targets of links and pictures, in order."""
        return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", self.prose))

    @cached_property
    def code(self) -> list[str]:
        """Everything between backticks, in order."""
        return re.findall(r"`([^`\n]+)`", self.prose)

    @cached_property
    def blocks(self) -> list[tuple[str, str]]:
        """(language, text) of every fenced block, in order."""
        return BLOCK.findall(self.text)

    @cached_property
    def commands(self) -> list[list[str]]:
        """The words of every command of the `sh` blocks, without variables and comments."""
        texts = [text for language, text in self.blocks if language == "sh"]
        lines = [line for text in texts for line in text.replace("\\\n", " ").splitlines()]
        return [words for line in lines for words in _commands(line) if words]

    def section(self, heading: str) -> str:
        """What is below a heading, to the next of its level or above."""
        ((level, _),) = [one for one in self.headings if one[1] == heading]
        rest = self.text.split(f"\n{'#' * level} {heading}\n")[1]
        return re.split(rf"^#{{1,{level}}} ", rest, flags=re.MULTILINE)[0]

    def rows(self, heading: str) -> list[list[str]]:
        """The cells of the first table below a heading."""
        table = re.search(r"(?:^[ ]*\|.*\n)+", self.section(heading), re.MULTILINE)
        assert table is not None
        lines = table[0].splitlines()[2:]
        return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def pages() -> list[Page]:
    """Every page of the project."""
    found = sorted(path.relative_to(ROOT) for path in _walk(ROOT, "*.md"))
    return [Page.read(path.as_posix()) for path in found]


def _walk(folder: Path, pattern: str) -> Iterator[Path]:
    yield from folder.glob(pattern)
    for inner in folder.iterdir():
        ours = inner.name[0] != "." and inner.name not in NOT_OURS
        if ours and inner.is_dir() and not inner.is_symlink():
            yield from _walk(inner, pattern)


def _commands(line: str) -> list[list[str]]:
    """A line's commands: what it substitutes, and the parts of its pipe."""
    inner = SUBSTITUTION.findall(line)
    outer = shlex.split(SUBSTITUTION.sub("x", line), comments=True)
    found = [one for text in inner for one in _commands(text)]
    part: list[str] = []
    for word in [*outer, "|"]:
        if word in {"|", "&&"}:
            found.append(_unprefixed(part))
            part = []
        else:
            part.append(word)
    return found


def _unprefixed(words: list[str]) -> list[str]:
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    return words
