# IA SOLARIS in one image: gateway, functions, worker, command line, demo upstream.
#
#   docker build -f infra/containers/gateway.Dockerfile -t ia-solaris .
#   docker run --rm -p 127.0.0.1:8080:8080 -v solaris:/data ia-solaris     # with a store of its own
#
# Base images are pinned by tag; a digest is better: `docker buildx imagetools inspect <image>` tells it.

# --- the site: static files, made with Node, which the image itself does not need ---------------
FROM node:24.20.0-slim AS site
WORKDIR /app/admin_site
COPY admin_site/package.json admin_site/package-lock.json ./
# Not `npm ci`, for the reason in the Makefile; versions and hashes are the lock file's.
RUN npm install --no-save --no-audit --no-fund --loglevel=error
COPY admin_site ./
RUN npm run build -- --logLevel warn

# --- Python packages and code -------------------------------------------------------------------
FROM python:3.13.15-slim AS code
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /opt/solaris \
    && /opt/solaris/bin/pip install --no-cache-dir --disable-pip-version-check \
    --only-binary :all: --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY layers/shared layers/shared
COPY functions functions
COPY infra/local infra/local
# The command `solaris`, and the code on the path, as `make up` has them. Compiled now: the file
# system is read-only later.
RUN /opt/solaris/bin/pip install --no-cache-dir --disable-pip-version-check \
    --no-deps --no-build-isolation --editable . \
    && /opt/solaris/bin/pip uninstall --yes --quiet --disable-pip-version-check pip \
    && /opt/solaris/bin/python -m compileall -q --invalidation-mode unchecked-hash layers functions infra

# --- what runs ----------------------------------------------------------------------------------
FROM python:3.13.15-slim
LABEL org.opencontainers.image.title="IA SOLARIS" \
    org.opencontainers.image.description="Token-quota gateway between LibreChat and any OpenAI-compatible upstream" \
    org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 10001 solaris \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin solaris \
    && install --directory --owner=10001 --group=10001 --mode=0700 /data /data/tmp
COPY --from=code /opt/solaris /opt/solaris
COPY --from=code /app /app
COPY --from=site /app/admin_site/dist /app/admin_site/dist
ENV PATH=/opt/solaris/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8080 \
    SOLARIS_DATA_DIR=/data \
    TMPDIR=/data/tmp
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-m", "infra.local.run.alive"]
CMD ["python", "-m", "infra.local", "--logs", "terminal"]
