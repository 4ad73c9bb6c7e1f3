"""Writes the admin API's OpenAPI document, from which the site's types are made.

python -m infra.documents.api_document admin_site/openapi.json
"""

import json
import sys
from pathlib import Path

from solaris import __version__
from solaris.api import registered
from solaris.platform.web.openapi import document


def document_text() -> str:
    """The document as it is committed: indented, so that changes can be read."""
    made = document(__version__, registered())
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document_text(), encoding="utf-8")
