# shellcheck shell=bash
# What this machine must have; everything that is missing is named at once.

NEEDED_DISK_KIB=2097152
NEEDED_MEMORY_KIB=1000000

check_machine() { # what for: install, upgrade
    local problems=() python=${PYTHON:-python3} have
    if [ -z "$PREFIX" ]; then
        [ "$(id -u)" = 0 ] || [ "$DRY_RUN" = yes ] || fail "root is needed (sudo infra/install.sh), or --prefix DIR" 2
        [ -d /run/systemd/system ] || problems+=("systemd is not running here (containers: localstack-compose.yaml)")
    fi
    if [ -n "$GIVEN_VENV" ]; then
        [ -x "$GIVEN_VENV/bin/python" ] || problems+=("--venv: no bin/python in $GIVEN_VENV")
    else
        "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null ||
            problems+=("Python 3.11 or newer (Debian 12: apt install python3; or PYTHON=/path/to/python3.11)")
        "$python" -c 'import venv, ensurepip' 2> /dev/null ||
            problems+=("Python's venv module (Debian: apt install python3-venv)")
    fi
    # root's own Python, by pyenv for example, is closed to the service's account
    [ -z "$GIVEN_VENV" ] || python=$GIVEN_VENV/bin/python
    case "$("$python" -c 'import sys; print(sys.base_prefix)' 2> /dev/null)" in
        /root/* | /home/*)
            [ -n "$PREFIX" ] ||
                problems+=("a Python that the service's account may run, not one in /root or /home (PYTHON=/usr/bin/python3)")
            ;;
    esac
    if [ -n "$GIVEN_SITE" ]; then
        [ -f "$GIVEN_SITE/index.html" ] || problems+=("--site: no index.html in $GIVEN_SITE")
    elif ! ships_site; then
        node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2> /dev/null ||
            problems+=("Node.js 20.19 or newer, to build the site (or --site DIR, built elsewhere by \`make site\`)")
        command -v make > /dev/null || problems+=("make (Debian: apt install make)")
    fi
    if [ -z "$GIVEN_SITE" ] && ! ships_site || [ -z "$GIVEN_VENV" ] && ! ships_tables; then
        command -v npm > /dev/null ||
            problems+=("npm, for the site and the tables (or a packed release: \`make release\` elsewhere)")
    fi
    [ ! -e "$SOURCE/.git" ] || command -v git > /dev/null || problems+=("git (Debian: apt install git)")
    for have in tar sed flock realpath; do
        command -v "$have" > /dev/null || problems+=("$have")
    done
    if [ "${answer[NGINX]}" = yes ]; then
        nginx_binary > /dev/null || problems+=("nginx (Debian: apt install nginx), or NGINX=no")
        command -v openssl > /dev/null || problems+=("openssl (Debian: apt install openssl)")
        [ -z "${answer[ACME_EMAIL]}" ] || command -v certbot > /dev/null ||
            problems+=("certbot, for ACME_EMAIL (Debian: apt install certbot)")
    fi
    if [ ${#problems[@]} -gt 0 ]; then
        printf '[install] missing: %s\n' "${problems[@]}" >&2
        [ "$DRY_RUN" = yes ] || exit 1
    fi
    check_room
}

check_room() {
    local place=${answer[INSTALL_DIR]} free memory
    while [ ! -d "$place" ]; do place=$(dirname "$place"); done
    free=$(df -Pk "$place" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$NEEDED_DISK_KIB" ] ||
        fail "$place has $((free / 1024)) MiB free, $((NEEDED_DISK_KIB / 1024)) are needed"
    memory=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
    [ "$memory" -ge "$NEEDED_MEMORY_KIB" ] ||
        warn "this machine has $((memory / 1024)) MiB of memory; 1 GiB is the least that works well"
}

# A port that somebody else answers on; ours may be running while we install again.
check_ports() {
    local name port ports=("PORT:${setting[PORT]}")
    if [ "${answer[NGINX]}" = yes ]; then
        ports+=("HTTP_PORT:${answer[HTTP_PORT]}" "HTTPS_PORT:${answer[HTTPS_PORT]}")
    fi
    ! is_running || return 0
    for name in "${ports[@]}"; do
        port=${name#*:}
        if (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
            [ "$port" != 80 ] || [ -n "$PREFIX" ] ||
                warn "Debian's nginx serves its own page on port 80: systemctl disable --now nginx"
            fail "port $port is taken; free it or choose another ${name%:*}"
        fi
    done
}

nginx_binary() {
    command -v nginx 2> /dev/null || { [ -x /usr/sbin/nginx ] && echo /usr/sbin/nginx; }
}

nft_binary() {
    command -v nft 2> /dev/null || { [ -x /usr/sbin/nft ] && echo /usr/sbin/nft; }
}

# Whether an IA SOLARIS runs on the data directory: it holds a lock while it does.
is_running() {
    local lock=${answer[DATA_DIR]}/lock
    [ -f "$lock" ] && ! flock --nonblock "$lock" true
}
