#!/usr/bin/env bash
# IA SOLARIS on a server (Debian, Ubuntu): install, upgrade, status, uninstall. `install.sh --help`.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
umask 022

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
SOURCE=$(dirname "$HERE")
# shellcheck source=server/common.sh
. "$HERE/server/common.sh"
# shellcheck source=server/settings.sh
. "$HERE/server/settings.sh"
# shellcheck source=server/checks.sh
. "$HERE/server/checks.sh"
# shellcheck source=server/release.sh
. "$HERE/server/release.sh"
# shellcheck source=server/system.sh
. "$HERE/server/system.sh"
# shellcheck source=server/lifecycle.sh
. "$HERE/server/lifecycle.sh"

usage() {
    cat <<'TEXT'
Usage: infra/install.sh [command] [option]…

Commands
  install      (default) asks what it needs, builds, starts now and at every boot; safe to repeat
  upgrade      backs up, builds this source tree's version beside the running one, changes over,
               and goes back if the new one does not become healthy
  status       what is installed and how it is
  uninstall    stops and removes it; settings, data and backups stay unless --purge

Options
  --yes            ask nothing: answers are variables, the config file, else the defaults
  --config FILE    lines NAME=value: answers (below) and any setting of SETTINGS.md
  --dry-run        check, and print what would be done
  --prefix DIR     put everything under DIR, to run from there; needs no root, starts nothing
  --pull           (upgrade) first `git pull --ff-only` in this source tree
  --purge          (uninstall) remove settings, data and backups as well
  --venv DIR       use this Python environment instead of building one
  --site DIR       use this built site (admin_site/dist) instead of building it
  --help

Answers (variables or lines of the config file; defaults in brackets)
  INSTALL_DIR [/opt/ia-solaris]   DATA_DIR [/var/lib/ia-solaris]   SERVICE_USER [solaris]
  PORT [8080]                     the gateway's, on loopback
  LITELLM_BASE_URL, LITELLM_API_KEY, OPENAI_API_KEY [none: a built-in demo answers]
  ADMIN_EMAIL [admin@localhost]   PUBLIC_HOST [this host's name]   LOCALE [pt-BR]
  NGINX [yes]                     no: you have a TLS proxy of your own
  HTTP_PORT, HTTPS_PORT [80, 443] CERTIFICATE, CERTIFICATE_KEY [none: by ACME, or self-signed]
  ACME_EMAIL [none]               a certificate by ACME (certbot, port 80) and its renewal
  ACME_SERVER [Let's Encrypt]     another authority's directory URL
  MAIL [none]                     smtp (SMTP_HOST, SMTP_PORT, SMTP_USER, SMTP_PASSWORD) or
                                  ses (AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)
  FROM_EMAIL [noreply@iasolaris.com]

Example: sudo infra/install.sh --yes --config /root/solaris.conf
TEXT
}

COMMAND=install
ASK=yes DRY_RUN=no PREFIX='' CONFIG_FILE='' PULL=no PURGE=no GIVEN_VENV='' GIVEN_SITE=''
export ASK DRY_RUN PREFIX CONFIG_FILE PULL PURGE GIVEN_VENV GIVEN_SITE SOURCE

value_of() { # option, values that are left
    [ "$2" -ge 2 ] || fail "$1 needs a value (see --help)" 2
}

while [ $# -gt 0 ]; do
    case "$1" in
        install | upgrade | status | uninstall) COMMAND=$1 ;;
        --yes | -y) ASK=no ;;
        --config) value_of "$1" $#; CONFIG_FILE=$2; shift ;;
        --dry-run) DRY_RUN=yes ;;
        --prefix) value_of "$1" $#; PREFIX=$2; shift ;;
        --pull) PULL=yes ;;
        --purge) PURGE=yes ;;
        --venv) value_of "$1" $#; GIVEN_VENV=$2; shift ;;
        --site) value_of "$1" $#; GIVEN_SITE=$2; shift ;;
        --help | -h) usage; exit 0 ;;
        *) fail "unknown argument $1 (see --help)" 2 ;;
    esac
    shift
done
if [ -n "$PREFIX" ]; then
    [ "$DRY_RUN" = yes ] || mkdir -p "$PREFIX"
    PREFIX=$(realpath -m "$PREFIX")
fi

case "$COMMAND" in
    install) command_install ;;
    upgrade) command_upgrade ;;
    status) command_status ;;
    uninstall) command_uninstall ;;
esac
