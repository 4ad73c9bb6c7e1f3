# shellcheck shell=bash
# What every part of install.sh uses: how it speaks, and the one way in which it changes anything.

say() { echo "[install] $*"; }
warn() { echo "[install] attention: $*" >&2; }
fail() { # message, exit code (default 1)
    echo "[install] $1" >&2
    exit "${2:-1}"
}

# Everything that changes something goes through these three, so that --dry-run is complete.
run() {
    if [ "$DRY_RUN" = yes ]; then say "would run: $*"; else "$@"; fi
}
write_file() { # path, mode; the content comes on standard input
    if [ "$DRY_RUN" = yes ]; then
        cat > /dev/null
        say "would write: $1 (mode $2)"
        return
    fi
    local new="$1.new"
    mkdir -p "$(dirname "$1")"
    rm -f "$new"
    (umask 077 && cat > "$new")
    chmod "$2" "$new"
    mv -f "$new" "$1"
}
service() { # arguments of systemctl
    if [ -n "$PREFIX" ]; then
        say "skipped, because of --prefix: systemctl $*"
    else
        run systemctl "$@"
    fi
}

# Becomes the command, as the account that the service runs as; with --prefix as whoever installs.
become_service() {
    local user=${answer[SERVICE_USER]}
    if [ -n "$PREFIX" ] || [ "$(id -un)" = "$user" ]; then exec "$@"; fi
    exec setpriv --reuid="$user" --regid="$user" --init-groups -- "$@"
}

ask() { # name, question, secret? (asks only where nothing was given)
    local name=$1 question=$2 secret=${3:-} shown reply=''
    if [ "$ASK" = no ] || [ -n "${given[$name]+set}" ]; then return 0; fi
    shown=${answer[$name]:-none}
    if [ -n "$secret" ]; then
        [ -z "${answer[$name]:-}" ] || shown='as it is'
        read -r -s -p "  $question [$shown]: " reply || true
        echo
    else
        read -r -p "  $question [$shown]: " reply || true
    fi
    [ -z "$reply" ] || answer["$name"]=$reply
}

confirm() { # question; default no
    local reply=''
    [ "$ASK" = yes ] || return 0
    read -r -p "[install] $1 [y/N]: " reply || true
    case "$reply" in y | Y | yes | s | sim) return 0 ;; *) return 1 ;; esac
}
