#!/bin/sh
# Writes the five small files in which one place's nginx differs from another's.
set -eu

usage() {
    cat <<'TEXT'
Usage: place.sh --out DIR [option]…

Writes process.conf, http.conf, log.conf, redirect.conf and site.conf into DIR, which must be the
folder `place` beside nginx.conf.

  --gateway HOST:PORT     the gateway (default 127.0.0.1:8080)
  --http ADDRESS          listen for the redirect: PORT or ADDRESS:PORT (default 80)
  --https ADDRESS         listen for TLS: PORT or ADDRESS:PORT (default 443)
  --public-port PORT      the port that browsers see, if not 443
  --name NAME             host name (default: any)
  --certificate FILE      (default certificate/tls.crt, beside nginx.conf)
  --key FILE              its private key (default certificate/tls.key)
  --challenge DIR         where an ACME client leaves its answers (default: none are served)
  --identity-headers A,B  as IDENTITY_EMAIL_HEADERS (default x-user-email,x-openwebui-user-email)
  --max-body-bytes N      as MAX_BODY_BYTES (default 20971520); the edge lets a quarter more through
  --language pt|en        of the edge's refusals when the client names none (default pt)
  --temporary DIR         pid and temporary files (default /tmp)
  --log TARGET            of the access log (default /dev/stdout; also syslog:server=unix:/dev/log)

Example: place.sh --out /etc/ia-solaris/nginx/place --name ia.example.com
TEXT
}

fail() {
    echo "place.sh: $1" >&2
    exit 2
}

out='' gateway=127.0.0.1:8080 http=80 https=443 public_port='' name=_ certificate='' key=''
headers=x-user-email,x-openwebui-user-email body=20971520 language=pt temporary=/tmp log=/dev/stdout
challenge=''
while [ $# -gt 0 ]; do
    case "$1" in
        --help | -h) usage; exit 0 ;;
        --*) [ $# -ge 2 ] || fail "$1 needs a value (see --help)" ;;
        *) fail "unknown argument $1 (see --help)" ;;
    esac
    # nginx would read these as its own
    case "$2" in *[\;\{\}\"\'\$\\]*) fail "$1: a character that cannot stand in a configuration" ;; esac
    case "$1" in
        --out) out=$2 ;;
        --gateway) gateway=$2 ;;
        --http) http=$2 ;;
        --https) https=$2 ;;
        --public-port) public_port=$2 ;;
        --name) name=$2 ;;
        --certificate) certificate=$2 ;;
        --key) key=$2 ;;
        --challenge) challenge=$2 ;;
        --identity-headers) headers=$2 ;;
        --max-body-bytes) body=$2 ;;
        --language) language=$2 ;;
        --temporary) temporary=$2 ;;
        --log) log=$2 ;;
        *) fail "unknown option $1 (see --help)" ;;
    esac
    shift 2
done
[ -n "$out" ] || fail "--out is missing (see --help)"
case "$body" in '' | *[!0-9]*) fail "--max-body-bytes must be a number" ;; esac
case "$language" in pt | en) ;; *) fail "--language must be pt or en" ;; esac
: "${certificate:=certificate/tls.crt}" "${key:=certificate/tls.key}"
[ -z "$public_port" ] || [ "$public_port" = 443 ] || suffix=":$public_port"

# shellcheck disable=SC2016 # nginx's variables
# x-user-email,x-other → "$http_x_user_email $http_x_other"
named_user=$(printf '%s' "$headers" | tr 'A-Z-' 'a-z_' | tr -d ' ' | sed 's/,/ $http_/g; s/^/$http_/')
quarter_more=$((body + body / 4))

# IPv6 as well where only a port is given and the machine has it
listen() { # address, parameters
    case "$1" in
        *[!0-9]*) echo "listen $1$2;" ;;
        *)
            echo "listen $1$2;"
            if [ -e /proc/net/if_inet6 ]; then echo "listen [::]:$1$2;"; fi
            ;;
    esac
}
mkdir -p "$out"
cat > "$out/process.conf" <<TEXT
pid $temporary/nginx.pid;
error_log stderr crit;
TEXT
cat > "$out/http.conf" <<TEXT
upstream gateway {
    server $gateway max_fails=0;
    keepalive 64;
    keepalive_timeout 60s;  # the gateway closes idle ones after 75
}
client_max_body_size $quarter_more;  # MAX_BODY_BYTES and a quarter: the gateway names its own limit
client_body_temp_path $temporary/nginx-body;
proxy_temp_path $temporary/nginx-proxy;
fastcgi_temp_path $temporary/nginx-fastcgi;
uwsgi_temp_path $temporary/nginx-uwsgi;
scgi_temp_path $temporary/nginx-scgi;
map "" \$named_user {
    default "$named_user";  # IDENTITY_EMAIL_HEADERS
}
map "" \$public_port {
    default "${suffix:-}";
}
map "" \$house_language {
    default $language;
}
TEXT
echo "access_log $log edge;" > "$out/log.conf"
{
    listen "$http" ""
    echo "server_name $name;"
    if [ -n "$challenge" ]; then
        echo "location ^~ /.well-known/acme-challenge/ {"
        echo "    root $challenge;"
        echo "    default_type text/plain;"
        echo "    try_files \$uri =404;"
        echo "}"
    fi
} > "$out/redirect.conf"
{
    listen "$https" " ssl http2"
    echo "server_name $name;"
    echo "ssl_certificate $certificate;"
    echo "ssl_certificate_key $key;"
} > "$out/site.conf"
