#!/bin/bash
# What the Lambda Web Adapter starts (Handler: run.sh) and sends the requests to.
set -euo pipefail

cd "${LAMBDA_TASK_ROOT:-$(dirname "$0")}"
# the adapter stands in for the runtime, which would add the layers
export PYTHONPATH="$PWD:/opt/python${PYTHONPATH:+:$PYTHONPATH}"

# Lambda kills two seconds after SIGTERM: one for open answers, one for the metrics.
exec python -m uvicorn app:served_on_lambda \
  --host 127.0.0.1 --port "${AWS_LWA_PORT:-${PORT:-8080}}" \
  --loop uvloop --http httptools --lifespan on \
  --no-access-log --no-server-header --no-proxy-headers --log-level warning \
  --timeout-keep-alive 75 --timeout-graceful-shutdown 1
