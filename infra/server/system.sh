# shellcheck shell=bash
# What lies outside INSTALL_DIR: account, folders, units, nginx's configuration, the command.

ACME_SECONDS=300

make_account_and_folders() {
    local user=${answer[SERVICE_USER]}
    if [ -z "$PREFIX" ]; then
        id "$user" > /dev/null 2>&1 ||
            run useradd --system --user-group --home-dir "${answer[DATA_DIR]}" --shell /usr/sbin/nologin "$user"
        run install -d -m 755 "${answer[INSTALL_DIR]}" "$CONFIG_DIR"
        run install -d -m 700 -o "$user" -g "$user" "${answer[DATA_DIR]}" "$BACKUP_DIR"
    else
        run install -d -m 755 "${answer[INSTALL_DIR]}" "$CONFIG_DIR"
        run install -d -m 700 "${answer[DATA_DIR]}" "$BACKUP_DIR"
    fi
}

# The folders of the data come from the answers: those under /home must stay visible.
filled() { # template
    local protect=yes step='# the certificate is given' place=$CONFIG_DIR/nginx
    case "${answer[INSTALL_DIR]}:${answer[DATA_DIR]}:${answer[CERTIFICATE]}:$CONFIG_DIR" in
        *:/home/* | /home/* | *:/root/* | /root/*) protect=no ;;
    esac
    if is_self_signed; then
        step="ExecStartPre=$place/certificate.sh $place/certificate ${answer[PUBLIC_HOST]}"
    fi
    sed -e "s|@SERVICE_USER@|${answer[SERVICE_USER]}|g" -e "s|@INSTALL_DIR@|${answer[INSTALL_DIR]}|g" \
        -e "s|@DATA_DIR@|${answer[DATA_DIR]}|g" -e "s|@CONFIG_DIR@|$CONFIG_DIR|g" \
        -e "s|@COMMAND_FILE@|$COMMAND_FILE|g" -e "s|@BACKUP_DIR@|$BACKUP_DIR|g" \
        -e "s|@PROTECT_HOME@|$protect|g" -e "s|@CERTIFICATE_STEP@|$step|g" \
        -e "s|@NGINX_BINARY@|$(nginx_binary || echo /usr/sbin/nginx)|g" \
        -e "s|@NFT_BINARY@|$(nft_binary || echo /usr/sbin/nft)|g" "$1"
}

write_units() {
    local folder=$SOURCE/infra/server
    filled "$folder/ia-solaris.service" | write_file "$UNIT_DIR/ia-solaris.service" 644
    filled "$folder/ia-solaris-loopback.service" | write_file "$UNIT_DIR/ia-solaris-loopback.service" 644
    filled "$folder/loopback.nft" | write_file "$CONFIG_DIR/loopback.nft" 644
    if [ "${answer[NGINX]}" = yes ]; then
        filled "$folder/ia-solaris-nginx.service" | write_file "$UNIT_DIR/ia-solaris-nginx.service" 644
        write_nginx
    fi
    filled "$folder/ia-solaris-backup.service" | write_file "$UNIT_DIR/ia-solaris-backup.service" 644
    filled "$folder/ia-solaris-backup.timer" | write_file "$UNIT_DIR/ia-solaris-backup.timer" 644
    service daemon-reload
    service enable --now ia-solaris-backup.timer
    close_loopback
}

# Before the first start, so that there is no moment in which somebody else may connect.
close_loopback() {
    if nft_binary > /dev/null; then
        service enable ia-solaris-loopback
        service restart ia-solaris-loopback
    else
        warn "nftables is not installed: other accounts of this machine can reach the store (Debian: apt install nftables, then install again)"
    fi
}

# What an upgrade writes anew outside INSTALL_DIR, of which the release before may know nothing.
written_outside() {
    local name
    for name in ia-solaris.service ia-solaris-nginx.service ia-solaris-loopback.service \
        ia-solaris-backup.service ia-solaris-backup.timer; do
        echo "$UNIT_DIR/$name"
    done
    for name in loopback.nft nginx/nginx.conf nginx/place.sh nginx/certificate.sh nginx/place; do
        echo "$CONFIG_DIR/$name"
    done
    echo "$COMMAND_FILE"
}

# Copies of it, by their whole names, for put_back_outside.
keep_outside() { # folder
    local place
    run install -d -m 700 "$1"
    [ "$DRY_RUN" = no ] || return 0
    written_outside | while IFS= read -r place; do
        [ ! -e "$place" ] || (mkdir -p "$1$(dirname "$place")" && cp -a "$place" "$1$place")
    done
}

# As it was: what was not there goes.
put_back_outside() { # folder
    local place
    [ -e "$1$UNIT_DIR/ia-solaris-backup.timer" ] || service disable --now ia-solaris-backup.timer || true
    written_outside | while IFS= read -r place; do
        rm -rf "$place"
        [ ! -e "$1$place" ] || cp -a "$1$place" "$place"
    done
    service daemon-reload
    [ ! -e "$UNIT_DIR/ia-solaris-loopback.service" ] || close_loopback
}

write_nginx() {
    local folder=$SOURCE/infra/nginx place=$CONFIG_DIR/nginx file mode language=pt log=/dev/stdout
    local challenge=''
    [ "${setting[LOCALE]}" != en ] || language=en
    if [ -n "${answer[ACME_EMAIL]}" ]; then
        challenge=$place/challenge
        run install -d -m 755 "$challenge"
    fi
    # journald's stdout is a socket, which nginx cannot open by name
    [ -n "$PREFIX" ] || log=syslog:server=unix:/run/systemd/journal/dev-log,tag=ia_solaris_nginx,nohostname
    for file in nginx.conf place.sh certificate.sh; do
        case "$file" in *.sh) mode=755 ;; *) mode=644 ;; esac
        write_file "$place/$file" "$mode" < "$folder/$file"
    done
    run "$folder/place.sh" --out "$place/place" --gateway "127.0.0.1:${setting[PORT]}" \
        --http "${answer[HTTP_PORT]}" --https "${answer[HTTPS_PORT]}" \
        --public-port "${answer[HTTPS_PORT]}" --name "${answer[PUBLIC_HOST]}" \
        --certificate "$(certificate_file)" --key "$(certificate_key)" --challenge "$challenge" \
        --language "$language" --log "$log" \
        --temporary "$([ -n "$PREFIX" ] && echo "$PREFIX/tmp" || echo /tmp)" \
        --identity-headers "${setting[IDENTITY_EMAIL_HEADERS]:-x-user-email,x-openwebui-user-email}" \
        --max-body-bytes "${setting[MAX_BODY_BYTES]:-20971520}"
    [ -z "$PREFIX" ] || run mkdir -p "$PREFIX/tmp"
    if is_self_signed; then
        run "$folder/certificate.sh" "$place/certificate" "${answer[PUBLIC_HOST]}"
    fi
}

# Which certificate nginx shows: the given one, else ACME's once there is one, else a self-signed one.
certificate_file() {
    if [ -n "${answer[CERTIFICATE]}" ]; then
        echo "${answer[CERTIFICATE]}"
    elif [ -n "${answer[ACME_EMAIL]}" ] && [ -e "$(acme_live)/fullchain.pem" ]; then
        echo "$(acme_live)/fullchain.pem"
    else
        echo "$CONFIG_DIR/nginx/certificate/tls.crt"
    fi
}

certificate_key() {
    if [ -n "${answer[CERTIFICATE]}" ]; then
        echo "${answer[CERTIFICATE_KEY]}"
    elif is_self_signed; then
        echo "$CONFIG_DIR/nginx/certificate/tls.key"
    else
        echo "$(acme_live)/privkey.pem"
    fi
}

is_self_signed() {
    [ "$(certificate_file)" = "$CONFIG_DIR/nginx/certificate/tls.crt" ]
}

acme_live() {
    echo "$PREFIX/etc/letsencrypt/live/ia-solaris"
}

# Ask for a certificate, or for nothing while the one that is there is good. nginx serves the answer
# to the authority's question on port 80, so it runs already, with whatever certificate. Renewal is
# certbot's own timer, which reloads nginx. What fails leaves everything as it is.
get_certificate() {
    local step options=()
    [ "${answer[NGINX]}" = yes ] && [ -n "${answer[ACME_EMAIL]}" ] || return 0
    [ -z "${answer[ACME_SERVER]}" ] || options+=(--server "${answer[ACME_SERVER]}")
    # a folder of its own has no system to write into
    [ -z "$PREFIX" ] || options+=(--config-dir "$PREFIX/etc/letsencrypt"
        --work-dir "$PREFIX/tmp" --logs-dir "$PREFIX/tmp")
    say "asking for a certificate for ${answer[PUBLIC_HOST]} …"
    if ! run timeout "$ACME_SECONDS" certbot certonly --non-interactive --agree-tos \
        --email "${answer[ACME_EMAIL]}" --webroot --webroot-path "$CONFIG_DIR/nginx/challenge" \
        --domain "${answer[PUBLIC_HOST]}" --cert-name ia-solaris --keep-until-expiring \
        --deploy-hook "systemctl reload ia-solaris-nginx" "${options[@]}"; then
        warn "no certificate was given: ${answer[PUBLIC_HOST]} must lead to port 80 of this machine; then repeat infra/install.sh"
        return 0
    fi
    [ "$DRY_RUN" = no ] || return 0
    [ -e "$(acme_live)/fullchain.pem" ] || {
        warn "certbot says that it is done, and $(acme_live)/fullchain.pem is not there"
        return 0
    }
    step=$(filled "$SOURCE/infra/server/ia-solaris-nginx.service")
    write_file "$UNIT_DIR/ia-solaris-nginx.service" 644 <<< "$step"
    write_nginx
    service daemon-reload
    service restart ia-solaris-nginx
}

# `solaris` for whoever may read the settings: root, and with --prefix whoever installed.
write_command() {
    local user=${answer[SERVICE_USER]}
    local become="setpriv --reuid=$user --regid=$user --init-groups --"
    [ -z "$PREFIX" ] || become=''
    write_file "$COMMAND_FILE" 755 << TEXT
#!/usr/bin/env bash
# The command line of IA SOLARIS, with the settings of the service. Made by infra/install.sh.
set -euo pipefail
settings=$ENVIRONMENT_FILE
[ -r "\$settings" ] || { echo "solaris: only root may read \$settings (sudo solaris …)" >&2; exit 1; }
set -a
# shellcheck source=/dev/null
. "\$settings"
set +a
exec $become ${answer[INSTALL_DIR]}/current/infra/server/run.sh -c \\
    'import sys; sys.argv[0] = "solaris"; from solaris.cli import app; app()' "\$@"
TEXT
}
