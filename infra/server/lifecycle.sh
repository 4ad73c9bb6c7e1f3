# shellcheck shell=bash
# The commands.

START_SECONDS=180
HEALTH_SECONDS=120
KEPT_COPIES=3

command_install() {
    gather
    questions
    check_answers
    derive_settings
    check_machine
    check_ports
    if [ -n "$(current_release)" ]; then
        say "IA SOLARIS is installed in ${answer[INSTALL_DIR]}: settings are renewed, data is kept"
        change_over
        return
    fi
    make_account_and_folders
    build_release
    # shellcheck disable=SC2153 # build_release sets it
    switch_to "$RELEASE"
    keep_settings
    write_command
    write_units
    first_start
    service enable --now ia-solaris
    [ "${answer[NGINX]}" = no ] || service enable --now ia-solaris-nginx
    after_start || fail "it does not become healthy: journalctl -u ia-solaris -n 50"
    get_certificate
    installed
}

installed() {
    say "done: ${setting[PUBLIC_URL]}/admin/ and, for LibreChat, ${setting[PUBLIC_URL]}/v1"
    [ ! -f "$CONFIG_DIR/first-start.txt" ] ||
        say "the first key and login are in $CONFIG_DIR/first-start.txt: note them and remove the file"
    [ -n "${setting[LITELLM_BASE_URL]:-}${setting[OPENAI_API_KEY]:-}" ] ||
        warn "no upstream is set: a built-in demo answers"
    [ "${answer[MAIL]}" != none ] || warn "MAIL=none: mails stay on this machine and reach nobody"
    if [ "${answer[NGINX]}" = yes ] && is_self_signed; then
        warn "the certificate is self-signed: browsers and LibreChat refuse it until told otherwise"
    fi
}

# The first start is done here and not by systemd: what it makes (key, admin's password) is shown
# once, and must not get into the journal.
first_start() {
    local file=$CONFIG_DIR/first-start.txt
    if [ -e "${answer[DATA_DIR]}/store" ]; then return; fi
    say "first start: tables, first key, first admin …"
    if [ "$DRY_RUN" = yes ]; then
        say "would start it once and write its first key and login to $file (mode 600)"
        return
    fi
    write_file "$file" 600 < /dev/null
    trial_start "$file" || fail "the first start failed: $(tail -n 1 "$file")"
}

# Start the current release in the foreground, wait until it is ready, stop it cleanly.
trial_start() { # file for what it says
    local process status=0 deadline=$((SECONDS + START_SECONDS))
    (
        set -a
        # shellcheck source=/dev/null
        . "$ENVIRONMENT_FILE"
        set +a
        cd "${answer[DATA_DIR]}" || exit 1
        export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
        become_service "${answer[INSTALL_DIR]}/current/infra/server/run.sh" -m infra.local
    ) > "$1" 2>&1 &
    process=$!
    until grep -q 'Ctrl-C stops it' "$1"; do
        if ! kill -0 "$process" 2> /dev/null || [ "$SECONDS" -gt "$deadline" ]; then
            status=1
            break
        fi
        sleep 0.2
    done
    kill -TERM "$process" 2> /dev/null || true
    wait "$process" 2> /dev/null || true
    return "$status"
}

# Every part is asked; the store and the queue decide.
after_start() {
    if [ -n "$PREFIX" ] || [ "$DRY_RUN" = yes ]; then
        say "skipped: waiting for http://127.0.0.1:${setting[PORT]}/health/detailed"
        return 0
    fi
    local deadline=$((SECONDS + HEALTH_SECONDS))
    until is_healthy; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 1
    done
}

is_healthy() {
    "${answer[INSTALL_DIR]}/current/infra/server/run.sh" -c '
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=10)
' "http://127.0.0.1:${setting[PORT]}/health/detailed" > /dev/null 2>&1
}

command_upgrade() {
    if [ "$PULL" = yes ]; then run git -C "$SOURCE" pull --ff-only; fi
    gather
    [ -n "$(current_release)" ] || fail "nothing is installed in ${answer[INSTALL_DIR]}"
    check_answers
    derive_settings
    check_machine
    change_over
}

# The new release is built while the old one serves; the pause is a stop, a copy and a start.
change_over() {
    local old copy
    old=$(current_release)
    make_account_and_folders
    build_release
    keep_outside "$RELEASE/.before"
    copy=$BACKUP_DIR/store-$(date -u +%Y%m%d-%H%M%S)
    live_backup
    service stop ia-solaris
    if [ "$DRY_RUN" = no ] && is_running; then
        fail "IA SOLARIS still runs on ${answer[DATA_DIR]}: stop it first"
    fi
    if [ -d "${answer[DATA_DIR]}/store" ]; then
        run cp -a --reflink=auto "${answer[DATA_DIR]}/store" "$copy"
    fi
    switch_to "$RELEASE"
    keep_settings
    write_command
    write_units
    if start_release; then
        rm -rf "$RELEASE/.before"
        service enable --now ia-solaris
        [ "${answer[NGINX]}" = no ] || service enable ia-solaris-nginx
        [ "${answer[NGINX]}" = no ] || service restart ia-solaris-nginx
        get_certificate
        remove_old_releases
        remove_old_copies
        installed
        return
    fi
    go_back "$old" "$copy"
}

# With --prefix there is no systemd: the release is tried in the foreground instead.
start_release() {
    [ "$DRY_RUN" = no ] || return 0
    if [ -n "$PREFIX" ]; then
        say "trying the release (no systemd, because of --prefix) …"
        trial_start "$CONFIG_DIR/trial.log"
    else
        systemctl restart ia-solaris && after_start
    fi
}

go_back() { # old release, copy of the store
    [ -z "$PREFIX" ] || tail -n 5 "$CONFIG_DIR/trial.log" >&2
    warn "the new release does not become healthy: going back to ${1##*/}"
    service stop ia-solaris
    switch_to "$1"
    put_back_outside "$RELEASE/.before"
    if ! start_release; then
        warn "the old release does not start on the data either: its copy of before is put back"
        service stop ia-solaris
        mv "${answer[DATA_DIR]}/store" "${answer[DATA_DIR]}/store.failed-$(date -u +%s)"
        cp -a --reflink=auto "$2" "${answer[DATA_DIR]}/store"
        start_release || fail "the old release does not start: $2 is the data of before the upgrade"
    fi
    rm -rf "$RELEASE"
    fail "the upgrade failed; ${1##*/} runs again (journalctl -u ia-solaris, or $CONFIG_DIR/trial.log)"
}

live_backup() {
    local file
    file=$BACKUP_DIR/before-$(date -u +%Y%m%d-%H%M%S).gz
    if ! is_running; then
        say "not running: no backup beside the copy of the store"
        return
    fi
    say "backing up to $file"
    run "$COMMAND_FILE" backup "$file"
}

remove_old_copies() {
    [ "$DRY_RUN" = no ] || return 0
    find "$BACKUP_DIR/" -mindepth 1 -maxdepth 1 -name 'store-*' | LC_ALL=C sort -r | tail -n "+$((KEPT_COPIES + 1))" |
        while IFS= read -r copy; do rm -rf "$copy"; done
}

command_status() {
    gather
    local release unit
    release=$(current_release)
    [ -n "$release" ] || fail "nothing is installed in ${answer[INSTALL_DIR]}"
    say "release      ${release##*/} (${answer[INSTALL_DIR]})"
    for unit in ia-solaris ia-solaris-nginx ia-solaris-loopback; do
        [ -f "$UNIT_DIR/$unit.service" ] || continue
        if [ -n "$PREFIX" ]; then
            say "unit         $UNIT_DIR/$unit.service (not systemd's, because of --prefix)"
        else
            say "unit         $unit: $(systemctl is-active "$unit" || true), at boot: $(systemctl is-enabled "$unit" || true)"
        fi
    done
    say "health       $(is_healthy && echo "well" || echo "does not answer, or store or queue are down") (port ${setting[PORT]})"
    say "data         ${answer[DATA_DIR]} ($(du -sh "${answer[DATA_DIR]}" 2> /dev/null | cut -f1))"
    say "settings     $ENVIRONMENT_FILE"
    local certificate
    certificate=$(certificate_file)
    if [ "${answer[NGINX]}" = yes ] && [ -r "$certificate" ]; then
        say "certificate  until $(openssl x509 -in "$certificate" -noout -enddate | cut -d= -f2)"
    fi
    say "backups      $BACKUP_DIR ($(find "$BACKUP_DIR" -mindepth 1 -maxdepth 1 2> /dev/null | wc -l))"
    is_healthy
}

command_uninstall() {
    gather
    if [ -z "$PREFIX" ] && [ "$(id -u)" != 0 ] && [ "$DRY_RUN" = no ]; then fail "root is needed, or --prefix DIR" 2; fi
    [ -e "${answer[INSTALL_DIR]}/current" ] || [ -e "$CONFIG_DIR" ] || fail "nothing is installed in ${answer[INSTALL_DIR]}"
    if [ "$PURGE" = yes ]; then
        confirm "Remove IA SOLARIS with ALL data in ${answer[DATA_DIR]}, settings and backups?" || fail "nothing was changed"
    else
        confirm "Remove IA SOLARIS? Data, settings and backups stay." || fail "nothing was changed"
    fi
    service disable --now ia-solaris-backup.timer ia-solaris-nginx ia-solaris ia-solaris-loopback || true
    if [ "$DRY_RUN" = no ] && is_running; then
        fail "IA SOLARIS still runs on ${answer[DATA_DIR]}: stop it first"
    fi
    run rm -f "$UNIT_DIR/ia-solaris.service" "$UNIT_DIR/ia-solaris-nginx.service" \
        "$UNIT_DIR/ia-solaris-loopback.service" "$UNIT_DIR/ia-solaris-backup.service" \
        "$UNIT_DIR/ia-solaris-backup.timer" "$COMMAND_FILE"
    run rm -rf "${answer[INSTALL_DIR]}/releases" "${answer[INSTALL_DIR]}/venvs" "${answer[INSTALL_DIR]}/current"
    # not what somebody else has put there
    run rmdir "${answer[INSTALL_DIR]}" || true
    service daemon-reload
    if [ "$PURGE" = yes ]; then
        # else certbot would go on renewing it, and its reload fail
        [ ! -e "$(acme_live)" ] || run certbot delete --non-interactive --cert-name ia-solaris || true
        run rm -rf "${answer[DATA_DIR]}" "$BACKUP_DIR" "$CONFIG_DIR"
        say "everything is gone; the account ${answer[SERVICE_USER]} stays (userdel ${answer[SERVICE_USER]})"
    else
        say "kept: ${answer[DATA_DIR]}, $BACKUP_DIR, $CONFIG_DIR (install again to go on, or uninstall --purge)"
    fi
}
