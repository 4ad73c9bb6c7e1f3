#!/bin/sh
# The nightly backup: nightly.sh COMMAND FOLDER [KEPT]. Writes one file, restores it into a store of
# its own to check it, and only then removes the oldest beyond KEPT (14), those of before upgrades too.
# ia-solaris-backup.timer starts it; a failure is in the journal and in `systemctl --failed`.
set -eu
umask 077
command=$1
folder=$2
kept=${3:-14}
case $kept in '' | *[!0-9]* | 0) echo "nightly.sh: KEPT is a number from 1 on: $kept" >&2; exit 2 ;; esac

file=$folder/nightly-$(date -u +%Y%m%d-%H%M%S).gz
# Never the one of now: where the clock was ahead for a while, others have later names.
prune() { # names, how many of the others stay; a folder that is a link is followed
    find "$folder/" -mindepth 1 -maxdepth 1 -type f -name "$1" ! -name "${file##*/}*" |
        LC_ALL=C sort -r | tail -n "+$(($2 + 1))" | while IFS= read -r old; do rm -f -- "$old"; done
}
"$command" backup "$file"
if ! "$command" backup --verify "$file"; then
    mv "$file" "$file.broken"
    echo "nightly.sh: $file.broken cannot be restored; older ones stay" >&2
    prune 'nightly-*.gz.broken' 2
    exit 1
fi
prune 'nightly-*.gz' "$((kept - 1))"
prune 'before-*.gz' "$kept"
