# shellcheck shell=bash
# Answers and settings: where they come from, how they are kept.
#
# `answer` holds the installer's own (kept in install.conf), `setting` the system's (kept in
# solaris.env, which systemd reads). Later wins: defaults, what an earlier run has kept, variables of
# this shell, the config file, what is typed.

declare -A answer=() setting=() given=()

ANSWERS=(INSTALL_DIR DATA_DIR SERVICE_USER PUBLIC_HOST NGINX HTTP_PORT HTTPS_PORT CERTIFICATE
    CERTIFICATE_KEY ACME_EMAIL ACME_SERVER MAIL)
# Settings that are taken from variables of the shell: all others only from the config file, so that
# nothing gets in by accident.
ASKED_SETTINGS=(PORT LITELLM_BASE_URL LITELLM_API_KEY OPENAI_API_KEY ADMIN_EMAIL ADMIN_PASSWORD LOCALE
    FROM_EMAIL SMTP_HOST SMTP_PORT SMTP_USER SMTP_PASSWORD AWS_REGION AWS_ACCESS_KEY_ID
    AWS_SECRET_ACCESS_KEY)

set_paths() {
    CONFIG_DIR=$PREFIX/etc/ia-solaris
    UNIT_DIR=$PREFIX/etc/systemd/system
    BACKUP_DIR=$PREFIX/var/backups/ia-solaris
    COMMAND_FILE=$PREFIX/usr/local/bin/solaris
    ENVIRONMENT_FILE=$CONFIG_DIR/solaris.env
    ANSWERS_FILE=$CONFIG_DIR/install.conf
}

is_answer() {
    local name
    for name in "${ANSWERS[@]}"; do [ "$name" != "$1" ] || return 0; done
    return 1
}

take() { # name, value
    [[ $1 =~ ^[A-Z][A-Z0-9_]*$ ]] || fail "not a name of a setting: $1" 2
    [[ $2 != *$'\n'* ]] || fail "$1: a value must be one line" 2
    if is_answer "$1"; then answer[$1]=$2; else setting[$1]=$2; fi
}

defaults() {
    answer=(
        [INSTALL_DIR]=$PREFIX/opt/ia-solaris [DATA_DIR]=$PREFIX/var/lib/ia-solaris
        [SERVICE_USER]=solaris [PUBLIC_HOST]=$(hostname -f 2> /dev/null || hostname)
        [NGINX]=yes [HTTP_PORT]=80 [HTTPS_PORT]=443 [CERTIFICATE]='' [CERTIFICATE_KEY]=''
        [ACME_EMAIL]='' [ACME_SERVER]='' [MAIL]=none
    )
    setting=([PORT]=8080 [ADMIN_EMAIL]=admin@localhost [LOCALE]=pt-BR)
    [ -z "$PREFIX" ] || answer[SERVICE_USER]=$(id -un)
}

# Lines NAME=value or NAME="value", quoted as systemd and sh understand it: \ before " \ $ `
read_lines() { # file, remember that they were given?
    local line name value number=0
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        line=${line#"${line%%[![:space:]]*}"}
        case "$line" in '' | '#'* | ';'*) continue ;; esac
        [[ $line == *=* ]] || fail "$1, line $number: not NAME=value" 2
        name=${line%%=*} value=${line#*=}
        [[ $name =~ ^[A-Z][A-Z0-9_]*$ ]] || fail "$1, line $number: not a name of a setting: $name" 2
        if [[ $value =~ ^\"(.*)\"[[:space:]]*$ ]]; then
            value=$(printf '%s' "${BASH_REMATCH[1]}" | sed 's/\\\(["\\$`]\)/\1/g')
        fi
        take "$name" "$value"
        [ "${2:-}" != given ] || given[$name]=1
    done < "$1"
}

gather() {
    local name
    set_paths
    defaults
    [ ! -f "$ANSWERS_FILE" ] || read_lines "$ANSWERS_FILE"
    [ ! -f "$ENVIRONMENT_FILE" ] || read_lines "$ENVIRONMENT_FILE"
    for name in "${ANSWERS[@]}" "${ASKED_SETTINGS[@]}"; do
        if [ -n "${!name:-}" ]; then
            take "$name" "${!name}"
            given[$name]=1
        fi
    done
    if [ -n "$CONFIG_FILE" ]; then
        [ -r "$CONFIG_FILE" ] || fail "--config: cannot read $CONFIG_FILE" 2
        read_lines "$CONFIG_FILE" given
    fi
}

ask_setting() { # as ask, but into `setting`
    answer[$1]=${setting[$1]:-}
    ask "$@"
    setting[$1]=${answer[$1]}
    unset "answer[$1]"
}

questions() {
    [ "$ASK" = no ] || say "Enter keeps what is in brackets."
    ask INSTALL_DIR "Where to install the program"
    ask DATA_DIR "Where to keep the data"
    ask SERVICE_USER "Account to run as (made if missing)"
    ask_setting LITELLM_BASE_URL "Upstream URL: LiteLLM, Ollama, vLLM …; none: OpenAI or a demo"
    if [ -n "${setting[LITELLM_BASE_URL]:-}" ]; then
        ask_setting LITELLM_API_KEY "The upstream's key" secret
    else
        ask_setting OPENAI_API_KEY "OpenAI's key; none: a built-in demo answers" secret
    fi
    ask_setting ADMIN_EMAIL "E-mail of the first admin"
    ask PUBLIC_HOST "Public host name"
    ask NGINX "Set up TLS with an nginx of its own (yes, no)"
    if [ "${answer[NGINX]}" = yes ]; then
        ask CERTIFICATE "Certificate file with its chain; none: by ACME, or self-signed"
        if [ -n "${answer[CERTIFICATE]}" ]; then
            ask CERTIFICATE_KEY "Its private key's file"
        else
            ask ACME_EMAIL "E-mail for a certificate by ACME (Let's Encrypt); none: self-signed"
        fi
    fi
    ask MAIL "Mail by smtp, by ses (Amazon), or none"
    case "${answer[MAIL]}" in
        smtp)
            ask_setting SMTP_HOST "Mail server"
            ask_setting SMTP_PORT "Its port (587 STARTTLS, 465 TLS)"
            ask_setting SMTP_USER "User"
            ask_setting SMTP_PASSWORD "Password" secret
            ;;
        ses)
            ask_setting AWS_REGION "AWS region"
            ask_setting AWS_ACCESS_KEY_ID "Access key id (of a user who may ses:SendRawEmail)"
            ask_setting AWS_SECRET_ACCESS_KEY "Secret access key" secret
            ;;
    esac
    [ "${answer[MAIL]}" = none ] || ask_setting FROM_EMAIL "Sender of all mails"
    ask_setting LOCALE "Language (pt-BR, en)"
}

check_answers() {
    local name port
    for name in INSTALL_DIR DATA_DIR; do
        [[ ${answer[$name]} =~ ^/[A-Za-z0-9._/-]+$ ]] ||
            fail "$name: an absolute path of letters, digits and . _ - is needed: ${answer[$name]}" 2
    done
    [[ ${answer[SERVICE_USER]} =~ ^[a-z_][a-z0-9_-]{0,31}$ ]] ||
        fail "SERVICE_USER: not a name of an account: ${answer[SERVICE_USER]}" 2
    [[ ${answer[PUBLIC_HOST]} =~ ^[A-Za-z0-9.-]+$ ]] ||
        fail "PUBLIC_HOST: not a host name: ${answer[PUBLIC_HOST]}" 2
    case "${answer[NGINX]}" in yes | no) ;; *) fail "NGINX: yes or no" 2 ;; esac
    for port in "${setting[PORT]}" "${answer[HTTP_PORT]}" "${answer[HTTPS_PORT]}"; do
        [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || fail "PORT, HTTP_PORT, HTTPS_PORT: not a port: $port" 2
    done
    if [ -n "${answer[CERTIFICATE]}${answer[CERTIFICATE_KEY]}" ]; then
        for name in CERTIFICATE CERTIFICATE_KEY; do
            [ -r "${answer[$name]:-}" ] || fail "$name: cannot read '${answer[$name]:-}'" 2
        done
    fi
    check_acme
    case "${answer[MAIL]}" in
        none) ;;
        smtp) [ -n "${setting[SMTP_HOST]:-}" ] || fail "MAIL=smtp: SMTP_HOST is missing" 2 ;;
        ses)
            for name in AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY; do
                [ -n "${setting[$name]:-}" ] || fail "MAIL=ses: $name is missing" 2
            done
            ;;
        *) fail "MAIL: smtp, ses or none" 2 ;;
    esac
}

# An authority gives certificates for names that lead to this machine.
check_acme() {
    [ -n "${answer[ACME_EMAIL]}" ] || return 0
    [[ ${answer[ACME_EMAIL]} =~ ^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$ ]] ||
        fail "ACME_EMAIL: not an e-mail address: ${answer[ACME_EMAIL]}" 2
    [ -z "${answer[CERTIFICATE]}" ] || fail "ACME_EMAIL and CERTIFICATE: one of the two" 2
    [ "${answer[NGINX]}" = yes ] || fail "ACME_EMAIL needs NGINX=yes: who speaks TLS has the certificate" 2
    [[ ${answer[PUBLIC_HOST]} =~ [A-Za-z]$ && ${answer[PUBLIC_HOST]} == *.* ]] ||
        fail "ACME_EMAIL: PUBLIC_HOST must be a name of the internet, not ${answer[PUBLIC_HOST]}" 2
    [[ ${answer[ACME_SERVER]} =~ ^(https://[A-Za-z0-9.:/_-]+)?$ ]] ||
        fail "ACME_SERVER: an https address is needed: ${answer[ACME_SERVER]}" 2
}

# What follows from the answers. SOLARIS_STAGE stays `local`: the stage of one machine with the
# store of this machine, which signs the links of exports itself (README.md here).
derive_settings() {
    local port=${answer[HTTPS_PORT]}
    setting[SOLARIS_DATA_DIR]=${answer[DATA_DIR]}
    setting[HOST]=127.0.0.1
    [ -n "${setting[SECRET_KEY]:-}" ] || setting[SECRET_KEY]=$(head -c 48 /dev/urandom | base64 -w 0 | tr '+/' '-_')
    [ -n "${setting[TRUSTED_PROXIES]:-}" ] || setting[TRUSTED_PROXIES]=1
    if [ -z "${given[PUBLIC_URL]:-}" ]; then
        setting[PUBLIC_URL]=https://${answer[PUBLIC_HOST]}
        [ "$port" = 443 ] || [ "${answer[NGINX]}" = no ] || setting[PUBLIC_URL]+=:$port
    fi
    if [ "${answer[MAIL]}" = ses ]; then
        : "${setting[AWS_REGION]:=us-east-1}"
        setting[AWS_ENDPOINT_URL_SES]=https://email.${setting[AWS_REGION]}.amazonaws.com
    else
        unset 'setting[AWS_ENDPOINT_URL_SES]'
    fi
}

in_lines() { # name of an associative array
    local -n values=$1
    local name value
    for name in $(printf '%s\n' "${!values[@]}" | LC_ALL=C sort); do
        value=${values[$name]}
        [ -n "$value" ] || continue
        value=$(printf '%s' "$value" | sed 's/[\\"$`]/\\&/g')
        printf '%s="%s"\n' "$name" "$value"
    done
}

keep_settings() {
    {
        echo "# Settings of IA SOLARIS (layers/shared/python/solaris/SETTINGS.md): systemctl restart ia-solaris takes them over."
        echo "# install.sh keeps what is here."
        in_lines setting
    } | write_file "$ENVIRONMENT_FILE" 600
    {
        echo "# What install.sh was told."
        in_lines answer
    } | write_file "$ANSWERS_FILE" 600
}
