"""Whether the gateway of this machine or container answers: `python -m infra.local.run.alive`.

For health checks of containers; nothing but the standard library, so that it costs little.
"""

import argparse
import os
import sys
from http.client import HTTPConnection, HTTPException

SECONDS = 4
OK = 200


def main() -> int:
    """0: /health says 200 on PORT, 1: it does not."""
    argparse.ArgumentParser(
        prog="python -m infra.local.run.alive",
        description="Exit with 0 if the gateway on this machine's PORT answers, with 1 if not.",
    ).parse_args()
    connection = HTTPConnection("127.0.0.1", int(os.environ.get("PORT") or 8080), timeout=SECONDS)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        print(f"[alive] {error}", file=sys.stderr)
        return 1
    finally:
        connection.close()
    return 0 if status == OK else 1


if __name__ == "__main__":
    sys.exit(main())
