#!/bin/sh
# Makes a self-signed certificate where none is; run before every start of nginx.
set -eu

if [ $# -ne 2 ] || [ "$1" = --help ]; then
    cat <<'TEXT'
Usage: certificate.sh DIR NAME

Makes DIR/tls.crt and DIR/tls.key, self-signed for NAME (a host name or an IP address), localhost
and 127.0.0.1, valid for 397 days. A certificate that is there is never overwritten, but for one
that this script made (DIR/self-signed says so), which is made anew 30 days before its end.
TEXT
    [ "${1:-}" = --help ] && exit 0
    exit 2
fi
directory=$1 name=$2
days=397
month_seconds=2592000
certificate=$directory/tls.crt key=$directory/tls.key mark=$directory/self-signed

fail() {
    echo "certificate.sh: $1" >&2
    exit 1
}

command -v openssl > /dev/null || fail "openssl is missing (Debian: apt install openssl)"
if [ -e "$certificate" ] || [ -e "$key" ]; then
    [ -r "$certificate" ] || fail "$key is there, $certificate is not, or cannot be read"
    [ -r "$key" ] || fail "$certificate is there, $key is not, or cannot be read"
    [ "$(openssl x509 -in "$certificate" -noout -pubkey)" = "$(openssl pkey -in "$key" -pubout)" ] ||
        fail "$key is not the key of $certificate"
    if openssl x509 -in "$certificate" -noout -checkend "$month_seconds" > /dev/null; then exit 0; fi
    if [ ! -e "$mark" ]; then
        echo "certificate.sh: $certificate ends within 30 days: renew it" >&2
        exit 0
    fi
fi

case "$name" in
    '' | _) name=localhost ;;
    *[!A-Za-z0-9.:*-]*) fail "not a host name: $name" ;;
esac
case "$name" in
    *:* | *[0-9].[0-9]*.[0-9]*.[0-9]*) subject="IP:$name" ;;
    *) subject="DNS:$name" ;;
esac
case "$name" in *[!0-9.]*) ;; *.*.*.*) subject="IP:$name" ;; esac
mkdir -p "$directory"
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$days" \
    -subj "/CN=$name" -addext "subjectAltName=$subject,DNS:localhost,IP:127.0.0.1" \
    -addext "basicConstraints=critical,CA:FALSE" -addext "extendedKeyUsage=serverAuth" \
    -keyout "$key.new" -out "$certificate.new" 2> "$directory/openssl.log" ||
    fail "openssl failed: $(tail -n 1 "$directory/openssl.log")"
rm -f "$directory/openssl.log"
: > "$mark"
mv "$key.new" "$key"
mv "$certificate.new" "$certificate"
chmod 644 "$certificate"
echo "certificate.sh: made a self-signed certificate for $name ($certificate)" >&2
