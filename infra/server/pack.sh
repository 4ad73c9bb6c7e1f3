#!/usr/bin/env bash
# A release in one file: the code, the built site and the tables' program, so that a server needs no Node.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
umask 022

usage() {
    cat <<'TEXT'
Usage: pack.sh --site DIR --tables FILE OUT

Writes OUT/ia-solaris-VERSION-MACHINE.tar.gz, with its SHA-256 beside it, from this source tree: what
infra/install.sh installs, the built site of DIR (admin_site/dist) and FILE (dynoxide). Unpack it on a
server of the same machine type and run infra/install.sh in it: neither Node nor npm is needed then.
Uncommitted files that git does not ignore are in it.

Example: make release
TEXT
}

fail() {
    echo "[pack] $1" >&2
    exit "${2:-1}"
}

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
SOURCE=$(cd "$HERE/../.." && pwd -P)
# shellcheck source=release.sh
. "$HERE/release.sh"

site='' tables='' out=''
while [ $# -gt 0 ]; do
    case "$1" in
        --help | -h) usage; exit 0 ;;
        --site) site=${2:?--site needs a folder}; shift 2 ;;
        --tables) tables=${2:?--tables needs a file}; shift 2 ;;
        --*) fail "unknown option $1 (see --help)" 2 ;;
        *) [ -z "$out" ] || fail "one folder to write to (see --help)" 2; out=$1; shift ;;
    esac
done
[ -n "$out" ] || fail "where to write to? (see --help)" 2
[ -f "$site/index.html" ] || fail "--site: no index.html in '$site': make site" 2
[ -x "$tables" ] || fail "--tables: no program '$tables'" 2

machine=$(uname -m)
name=ia-solaris-$(version_of_source)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out" "$work/$name/shipped"
list_sources | tar -C "$SOURCE" -c -T - | tar -C "$work/$name" -x --no-same-owner
site_hash "$work/$name/admin_site" > "$work/$name/shipped/site.hash"
cp -r "$site" "$work/$name/shipped/site"
install -m 755 "$tables" "$work/$name/shipped/dynoxide-$machine"
file=$name-$machine.tar.gz
# the same bytes from the same files, whoever packs them and when
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime='2026-01-01 00:00:00 UTC' -c "$name" |
    gzip -n > "$out/$file.new"
mv "$out/$file.new" "$out/$file"
(cd "$out" && sha256sum "$file" > "$file.sha256")
echo "[pack] $out/$file ($(du -h "$out/$file" | cut -f1))"
