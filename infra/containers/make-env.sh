#!/bin/sh
# Writes .env for localstack-compose.yaml: .env.example with secrets made here.
set -eu

if [ "${1:-}" = --help ] || [ $# -gt 1 ]; then
    cat <<'TEXT'
Usage: make-env.sh [FILE]     (default: .env beside localstack-compose.yaml)

Writes FILE from .env.example, readable by you alone, and makes every secret that is empty. Values
that FILE already has are kept, so it is safe to run again: after an upgrade it adds what is new.
The file of before is kept as FILE.before.
TEXT
    [ "${1:-}" = --help ] && exit 0
    exit 2
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
example=$root/.env.example
file=${1:-$root/.env}
umask 077

# `name prefix bytes`: hexadecimal digits, twice as many
secrets='SECRET_KEY - 32
SOLARIS_GATEWAY_KEY sk-solaris- 32
LITELLM_API_KEY sk- 32
LIBRECHAT_CREDS_KEY - 32
LIBRECHAT_CREDS_IV - 16
LIBRECHAT_JWT_SECRET - 32
LIBRECHAT_JWT_REFRESH_SECRET - 32
GRAFANA_ADMIN_PASSWORD - 12'

random() { # bytes
    od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'
}

new=$file.new
trap 'rm -f "$new"' EXIT
kept=/dev/null
[ ! -e "$file" ] || kept=$file
{
    echo "$secrets" | while read -r name prefix bytes; do
        [ "$prefix" != - ] || prefix=
        echo "$name=$prefix$(random "$bytes")"
    done
    echo "=== example"
    cat "$example"
    echo "=== kept"
    cat "$kept"
} | awk '
    /^=== example$/ { part = 1; next }
    /^=== kept$/    { part = 2; next }
    part < 1 { made[substr($0, 1, index($0, "=") - 1)] = $0; next }
    part < 2 { lines[++count] = $0; next }
    /^[A-Za-z_][A-Za-z0-9_]*=/ { name = substr($0, 1, index($0, "=") - 1); old[name] = $0; order[++olds] = name }
    END {
        for (i = 1; i <= count; i++) {
            line = lines[i]
            name = ""
            if (line ~ /^[A-Za-z_][A-Za-z0-9_]*=/) name = substr(line, 1, index(line, "=") - 1)
            if (name in old) { line = old[name]; used[name] = 1 }
            if (name in made && line == name "=") line = made[name]
            print line
        }
        for (i = 1; i <= olds; i++) if (!(order[i] in used)) {
            if (!extra++) print "\n# --- Of your own " "-----------------------------------------------------------------------------"
            print old[order[i]]
            used[order[i]] = 1
        }
    }' > "$new"
[ "$kept" = /dev/null ] || cp "$file" "$file.before"
mv "$new" "$file"
echo "make-env.sh: wrote $file" >&2
