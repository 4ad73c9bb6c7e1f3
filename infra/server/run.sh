#!/bin/sh
# Runs this release's Python with this release's code: run.sh -m infra.local, run.sh -c '…'.
# The Python environment may be shared by releases with the same dependencies, so the code is named
# here. `pwd -P`: what has started stays with its release when `current` moves on.
set -eu
here=$(CDPATH='' cd "$(dirname "$0")/../.." && pwd -P)
export PYTHONPATH="$here/layers/shared/python:$here"
# nothing from the folder in which somebody happens to stand
export PYTHONSAFEPATH=1
exec "$here/.venv/bin/python" "$@"
