"""The states' texts as the admin site shows them, made from solaris/operations/states.py.

    python -m infra.documents.state_texts admin_site/src/features/settings/reasons.json

`make api-types` runs it; a test fails when the file is not as it writes it.
"""

import argparse
import json
from pathlib import Path

from solaris.operations.states import REASONS


def state_texts() -> str:
    """JSON: by reason and language, what it is (`what`) and what to do (`remedy`)."""
    texts = {
        code: {
            "pt-BR": {"what": one.what_pt, "remedy": one.remedy_pt},
            "en": {"what": one.what, "remedy": one.remedy},
        }
        for code, one in REASONS.items()
    }
    return json.dumps(texts, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the file that is named."""
    parser = argparse.ArgumentParser(description="The states' texts for the admin site")
    parser.add_argument("file", type=Path)
    parser.parse_args().file.write_text(state_texts(), encoding="utf-8")


if __name__ == "__main__":
    main()
