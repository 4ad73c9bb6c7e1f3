"""The site's types are those of the API as it is now: `make api-types` puts them right."""

import shutil
import subprocess
from pathlib import Path

import pytest

from infra.documents.api_document import document_text

SITE = Path(__file__).resolve().parents[2] / "admin_site"
GENERATE_SECONDS = 120


def test_the_committed_document_is_the_code_s() -> None:
    committed = (SITE / "openapi.json").read_text(encoding="utf-8")
    assert committed == document_text(), "run `make api-types`"


def test_the_committed_types_are_those_of_the_document(tmp_path: Path) -> None:
    generator = SITE / "node_modules" / ".bin" / "openapi-typescript"
    if shutil.which("node") is None or not generator.exists():
        pytest.skip("Node or the site's packages are missing (make site)")
    made = tmp_path / "schema.ts"
    subprocess.run(
        [
            str(generator),
            str(SITE / "openapi.json"),
            "-o",
            str(made),
            "--alphabetize",
            "--default-non-nullable=false",
        ],
        check=True,
        cwd=SITE,
        capture_output=True,
        timeout=GENERATE_SECONDS,
    )
    committed = SITE / "src" / "shared" / "api" / "schema.ts"
    assert committed.read_text() == made.read_text(), "run `make api-types`"
