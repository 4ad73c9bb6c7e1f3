#!/bin/sh
# nginx in a container (or anywhere without root): everything from environment variables.
set -eu

if [ "${1:-}" = --help ]; then
    cat <<'TEXT'
Usage: start.sh            runs nginx in the foreground; SIGQUIT lets open streams end
       start.sh --test     checks the configuration and ends

  GATEWAY                 the gateway's host:port (default gateway:8080)
  LISTEN_HTTP             of the redirect (default 0.0.0.0:8080)
  LISTEN_HTTPS            of TLS (default 0.0.0.0:8443)
  PUBLIC_PORT             the port of TLS that browsers see (default 443)
  PUBLIC_HOST             host name, also of a self-signed certificate (default: any, localhost)
  CHALLENGE_DIR           where an ACME client leaves its answers (default: none are served)
  CERTIFICATE_DIR         holds tls.crt and tls.key, or gets self-signed ones (default /certificate)
  RUN_DIR                 configuration, pid and temporary files (default /tmp/ia-solaris-nginx)
  ACCESS_LOG              (default /dev/stdout)
  IDENTITY_EMAIL_HEADERS, MAX_BODY_BYTES, LOCALE   as the gateway's
TEXT
    exit 0
fi

here=$(cd "$(dirname "$0")" && pwd)
run=${RUN_DIR:-/tmp/ia-solaris-nginx}
certificates=${CERTIFICATE_DIR:-/certificate}
host=${PUBLIC_HOST:-_}
case "${LOCALE:-pt-BR}" in en) language=en ;; *) language=pt ;; esac

"$here/certificate.sh" "$certificates" "$host"
mkdir -p "$run"
cp "$here/nginx.conf" "$run/nginx.conf"
"$here/place.sh" --out "$run/place" --temporary "$run" \
    --gateway "${GATEWAY:-gateway:8080}" \
    --http "${LISTEN_HTTP:-0.0.0.0:8080}" --https "${LISTEN_HTTPS:-0.0.0.0:8443}" \
    --public-port "${PUBLIC_PORT:-443}" --name "$host" \
    --certificate "$certificates/tls.crt" --key "$certificates/tls.key" \
    --identity-headers "${IDENTITY_EMAIL_HEADERS:-x-user-email,x-openwebui-user-email}" \
    --max-body-bytes "${MAX_BODY_BYTES:-20971520}" --language "$language" \
    --challenge "${CHALLENGE_DIR:-}" --log "${ACCESS_LOG:-/dev/stdout}"
if [ "${1:-}" = --test ]; then
    exec nginx -e stderr -t -c "$run/nginx.conf"
fi
exec nginx -e stderr -c "$run/nginx.conf" -g 'daemon off;'
