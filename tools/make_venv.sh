#!/bin/sh
# Build a virtual environment, or bring it up to date: make_venv.sh FOLDER LOCK
#
# 1. find a Python that can          (find_python)
# 2. make the folder                 (make_folder)
# 3. put the pinned uv inside        (requirements/uv.txt)
# 4. make it equal to the lock       (uv pip sync: adds, changes and removes)
# 5. put Hedgerow itself in, editable, built by the locked hatchling
# 6. compile its bytecode and its simulation
#
# Every download is checked against a hash in requirements/. PYTHON=... names the interpreter.
set -eu

venv=$1
lock=$2

fail() {
    printf 'make: %s\n' "$*" >&2
    exit 1
}

is_recent() { # a name on the PATH may be a shim that does not start, so ask it
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

can_make_venvs() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON-}" ]; then
        is_recent "$PYTHON" || fail "PYTHON=$PYTHON does not start, or is older than 3.11"
        can_make_venvs "$PYTHON" || fail "$(without_venv_module "$PYTHON")"
        printf '%s\n' "$PYTHON"
        return
    fi
    incomplete=
    for python in python3 python3.13 python3.12 python3.11 python3.14 python; do
        is_recent "$python" || continue
        if can_make_venvs "$python"; then
            printf '%s\n' "$python"
            return
        fi
        incomplete=${incomplete:-$python}
    done
    [ -z "$incomplete" ] || fail "$(without_venv_module "$incomplete")"
    fail "no Python 3.11 or newer found (looked for python3, python3.11 to python3.14 and" \
        "python). Install one, or name it: make PYTHON=/path/to/python3.12"
}

without_venv_module() {
    version=$("$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    printf '%s has no venv module. On Debian and Ubuntu: apt install python%s-venv' "$1" "$version"
}

make_folder() {
    python=$(find_python)
    base=$("$python" -c 'import sys; print(sys.base_prefix, *sys.version_info[:2])')
    kept=$("$venv/bin/python" -c 'import sys; print(sys.base_prefix, *sys.version_info[:2])' \
        2>/dev/null || true)
    if [ "$kept" = "$base" ]; then # pip is missing where making it was interrupted
        "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv "$venv"
    else
        printf 'Making %s with %s\n' "$venv" "$("$python" --version)"
        "$python" -m venv --clear "$venv"
    fi
}

make_folder

"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --require-hashes --only-binary :all: --requirement requirements/uv.txt

# What pip trusts and where it looks is where this machine's packages come from: uv reads none of
# pip's configuration, so hand it on. Big wheels on a slow line need more than 30 seconds.
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS-true}" UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT-180}"
if [ -z "${UV_DEFAULT_INDEX-}${UV_INDEX_URL-}" ]; then
    mirror=${PIP_INDEX_URL:-$("$venv/bin/python" -m pip config get global.index_url 2>/dev/null || true)}
    [ -z "$mirror" ] || export UV_DEFAULT_INDEX="$mirror"
fi

uv() {
    "$venv/bin/uv" pip "$@" --python "$venv/bin/python"
}

uv sync --require-hashes --only-binary :all: --compile-bytecode "$lock"
uv install --quiet --no-deps --no-build-isolation --editable .

# Compile now what the first run would otherwise wait for.
"$venv/bin/python" -m compileall -q src
"$venv/bin/python" -c 'from hedgerow.backtest import warm_up; warm_up()'
