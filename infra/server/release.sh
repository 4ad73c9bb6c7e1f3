# shellcheck shell=bash
# A release: one version's code with its site, in INSTALL_DIR/releases. `current` points to the one
# that runs. Python environments are shared by releases that lock the same dependencies.

KEPT_RELEASES=3

# What runs; tests, pictures and the like stay behind.
list_sources() {
    if git -C "$SOURCE" rev-parse --is-inside-work-tree > /dev/null 2>&1; then
        git -C "$SOURCE" ls-files --cached --others --exclude-standard
    else
        (cd "$SOURCE" && find . -type f -printf '%P\n')
    fi | grep -E '^(layers/shared/|functions/|infra/|admin_site/|Makefile$|pyproject\.toml$|requirements\.lock$|README(\.pt-BR)?\.md$|CHANGELOG\.md$|LICENSE$)' |
        grep -Ev '(^|/)(node_modules|dist|__pycache__|\.venv|pictures)/|^admin_site/[^/]*\.md$' |
        while IFS= read -r file; do [ ! -f "$SOURCE/$file" ] || echo "$file"; done
}

# Of what the site is built from.
site_hash() { # admin_site
    (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
}

# What pack.sh puts beside the code: the site, for as long as nobody has changed what it is built from.
ships_site() {
    [ -f "$SOURCE/shipped/site/index.html" ] &&
        [ "$(cat "$SOURCE/shipped/site.hash" 2> /dev/null)" = "$(site_hash "$SOURCE/admin_site")" ]
}

shipped_tables() {
    echo "$SOURCE/shipped/dynoxide-$(uname -m)"
}

ships_tables() {
    [ -x "$(shipped_tables)" ]
}

version_of_source() {
    sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$SOURCE/layers/shared/python/solaris/__init__.py"
}

# Sets RELEASE to the new folder, which is gone again if the script ends before `current` points to it.
build_release() {
    local id
    id=$(version_of_source)-$(date -u +%Y%m%d-%H%M%S)
    RELEASE=${answer[INSTALL_DIR]}/releases/$id
    if [ -e "$RELEASE" ]; then fail "$RELEASE is there already; try again in a second"; fi
    say "building release $id"
    if [ "$DRY_RUN" = yes ]; then
        say "would copy $(list_sources | wc -l) files of $SOURCE to $RELEASE"
        say "would build there: the Python environment (${GIVEN_VENV:-from requirements.lock}), the site (${GIVEN_SITE:-$(ships_site && echo shipped || echo with npm)})"
        return
    fi
    mkdir -p "$RELEASE"
    UNFINISHED=$RELEASE
    trap 'rm -rf "$UNFINISHED"' EXIT
    (umask 022 && list_sources | tar -C "$SOURCE" -c -T - | tar -C "$RELEASE" -x --no-same-owner)
    build_python
    build_site
    "$RELEASE/infra/server/run.sh" -m compileall -q "$RELEASE/layers" "$RELEASE/functions" "$RELEASE/infra" ||
        fail "the code does not compile with this Python"
    check_settings
    chmod -R go+rX,go-w "$RELEASE"
}

build_python() {
    local python=${PYTHON:-python3} hash venv
    if [ -n "$GIVEN_VENV" ]; then
        say "using the Python environment $GIVEN_VENV"
        ln -s "$(realpath "$GIVEN_VENV")" "$RELEASE/.venv"
        return
    fi
    hash=$({ "$python" -V && cat "$RELEASE/requirements.lock" "$RELEASE/infra/local/store/tables/package-lock.json"; } | sha256sum | cut -c1-16)
    venv=${answer[INSTALL_DIR]}/venvs/$hash
    if [ ! -f "$venv/.complete" ]; then
        say "installing Python packages (once for these versions, about a minute) …"
        rm -rf "$venv"
        "$python" -m venv "$venv"
        "$venv/bin/python" -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes \
            -r "$RELEASE/requirements.lock"
        build_tables "$venv"
        chmod -R go+rX,go-w "$venv"
        touch "$venv/.complete"
    fi
    ln -s "../../venvs/$hash" "$RELEASE/.venv"
}

# dynoxide, which keeps the tables, beside Python: where run.sh finds it.
build_tables() { # venv
    local folder=$RELEASE/infra/local/store/tables file
    if ships_tables; then
        install -m 755 "$(shipped_tables)" "$1/bin/dynoxide"
        return
    fi
    npm --prefix "$folder" --loglevel=error install --no-save
    for file in "$folder"/node_modules/@dynoxide/*/dynoxide; do
        [ ! -f "$file" ] || install -m 755 "$file" "$1/bin/dynoxide"
    done
    rm -rf "$folder/node_modules"
}

build_site() {
    local site=$RELEASE/admin_site old=${answer[INSTALL_DIR]}/current hash
    if [ -n "$GIVEN_SITE" ]; then
        say "using the built site $GIVEN_SITE"
        rm -rf "$site"
        mkdir "$site"
        cp -r "$GIVEN_SITE" "$site/dist"
        return
    fi
    hash=$(site_hash "$site")
    if ships_site; then
        say "the site came with the release"
        cp -r "$SOURCE/shipped/site" "$site/dist"
    elif [ "$(cat "$old/.site" 2> /dev/null)" = "$hash" ] && [ -f "$old/admin_site/dist/index.html" ]; then
        say "the site has not changed"
        cp -r "$old/admin_site/dist" "$site/dist"
    else
        make -C "$RELEASE" --no-print-directory site
    fi
    # only what is served stays
    find "$site" -mindepth 1 -maxdepth 1 ! -name dist -exec rm -rf {} +
    echo "$hash" > "$RELEASE/.site"
}

# The release's own check of every setting, and of names that are none.
check_settings() {
    local said name assignments=()
    for name in "${!setting[@]}"; do
        [ -z "${setting[$name]}" ] || assignments+=("$name=${setting[$name]}")
    done
    said=$(env -i PATH="$PATH" "${assignments[@]}" "$RELEASE/infra/server/run.sh" -c '
import os, sys
from solaris.platform.errors import ConfigurationError
from solaris.platform.settings import Settings, load_settings
names = {name.upper() for name in Settings.model_fields}
for name in sys.argv[1:]:
    if name not in names and not name.startswith("AWS_"):
        sys.exit(f"{name}: there is no such setting")
try:
    load_settings()
except ConfigurationError as error:
    sys.exit(str(error))
' "${!setting[@]}" 2>&1) || fail "settings: $said" 2
}

# Whoever asks for `current` sees the old one or the new one, never none.
switch_to() { # release
    run ln -sfn "$1" "${answer[INSTALL_DIR]}/current.new"
    run mv -T "${answer[INSTALL_DIR]}/current.new" "${answer[INSTALL_DIR]}/current"
    trap - EXIT
}

current_release() { readlink -f "${answer[INSTALL_DIR]}/current" 2> /dev/null || true; }

remove_old_releases() {
    local release venv
    [ "$DRY_RUN" = no ] || return 0
    find "${answer[INSTALL_DIR]}/releases" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -rn |
        cut -d' ' -f2- | tail -n "+$((KEPT_RELEASES + 1))" |
        while IFS= read -r release; do
            [ "$release" = "$(current_release)" ] || rm -rf "$release"
        done
    [ -d "${answer[INSTALL_DIR]}/venvs" ] || return 0
    find "${answer[INSTALL_DIR]}/venvs" -mindepth 1 -maxdepth 1 -type d |
        while IFS= read -r venv; do
            find "${answer[INSTALL_DIR]}/releases" -maxdepth 2 -name .venv -lname "*/${venv##*/}" | grep -q . || rm -rf "$venv"
        done
}
