# LiteLLM as this repository's tests run it: every package by version and hash, without root.
#
# LiteLLM's own images would do as well (litellm/litellm-non_root), pinned by a tag only.
# infra/litellm says which models are offered.

FROM python:3.13.15-slim AS packages
COPY tests/e2e/litellm.lock /litellm.lock
RUN python -m venv /opt/litellm \
    && /opt/litellm/bin/pip install --no-cache-dir --disable-pip-version-check \
    --only-binary :all: --no-deps --require-hashes -r /litellm.lock \
    && /opt/litellm/bin/pip uninstall --yes --quiet --disable-pip-version-check pip

FROM python:3.13.15-slim
RUN groupadd --gid 10002 litellm \
    && useradd --uid 10002 --gid 10002 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin litellm
COPY --from=packages /opt/litellm /opt/litellm
COPY infra/litellm /etc/solaris-litellm
ENV PATH=/opt/litellm/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp
WORKDIR /tmp
USER 10002:10002
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:4000/health/liveliness', timeout=4)"]
CMD ["python", "/etc/solaris-litellm/start.py", "--host", "0.0.0.0", "--port", "4000"]
