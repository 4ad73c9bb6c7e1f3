# nginx with this repository's configuration: TLS, rates, headers (infra/nginx/README.md).
#
# What the base image lacks is `openssl`, which makes the certificate of a first start.

FROM nginx:1.31.9-alpine
# hadolint ignore=DL3002
USER 0
# Of the base image's own release of Alpine, which drops older builds: a version here would break.
# hadolint ignore=DL3018
RUN apk add --no-cache openssl \
    && install -d -o 101 -g 101 -m 0700 /certificate
COPY infra/nginx /etc/solaris-nginx
USER 101:101
VOLUME /certificate
EXPOSE 8080 8443
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=15s --timeout=5s --start-period=15s --retries=3 \
    CMD ["wget", "-q", "--no-check-certificate", "-O", "/dev/null", "https://127.0.0.1:8443/health"]
CMD ["/etc/solaris-nginx/start.sh"]
