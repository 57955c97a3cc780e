#!/bin/sh
# Puts uv into .uv and everything of requirements.txt into .venv, on a machine that has no more than some Python.
# With the argument `uv`: only uv.
set -eu
cd "$(dirname "$0")/.."

uv_version=0.13.9
uv=.uv/bin/uv

say() { echo "$*" >&2; }
give_up() { say "$*"; exit 1; }

# A pyenv shim may stand for a version that is not installed, so each is tried before it is trusted.
some_python() {
    for python in python3 /usr/bin/python3 python3.13 python3.12 python3.11 python3.10 python3.9 python \
                  "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python3; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1; then
            echo "$python"
            return
        fi
    done
    return 1
}

# Debian splits venv and pip off Python; either of them is enough.
install_uv_with() {
    rm -rf .uv
    mkdir -p .uv/bin
    if "$1" -m venv .uv/venv >.uv/install.log 2>&1 &&
            .uv/venv/bin/python -m pip install --quiet "uv==$uv_version" >>.uv/install.log 2>&1; then
        ln -s ../venv/bin/uv "$uv"
    elif "$1" -m pip install --quiet --target .uv/target "uv==$uv_version" >>.uv/install.log 2>&1; then
        ln -s ../target/bin/uv "$uv"
    else
        return 1
    fi
}

borrow_uv() {
    found=$(command -v uv) || return 1
    mkdir -p .uv/bin
    ln -sf "$found" "$uv"
}

get_uv() {
    if [ "$("$uv" --version 2>/dev/null | cut -d ' ' -f 2)" = "$uv_version" ]; then
        return
    fi
    say "Installing uv ..."
    python=$(some_python) && install_uv_with "$python" && return
    borrow_uv && return
    if [ -s .uv/install.log ]; then
        tail -n 3 .uv/install.log >&2
    fi
    give_up "Frontdesk installs itself with uv and could not get it: install python3-venv (Debian, Ubuntu) or uv" \
            "(https://docs.astral.sh/uv), check that packages can be downloaded, and run make again."
}

# Some self-built Pythons lack a module that TensorFlow or the database cannot do without.
is_complete() { "$1" -c 'import ctypes, sqlite3, ssl, sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null; }

python_3_10() {
    for python in "$("$uv" python find --system --no-python-downloads 3.10 2>/dev/null)" \
                  "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10*/bin/python3.10; do
        if [ -x "$python" ] && is_complete "$python"; then
            echo "$python"
            return
        fi
    done
    say "Downloading Python 3.10 ..."
    "$uv" python install --quiet 3.10 2>/dev/null || return 1
    "$uv" python find --managed-python 3.10
}

make_venv() {
    if is_complete .venv/bin/python; then
        return
    fi
    python=$(python_3_10) || give_up "Rasa needs Python 3.10, which was neither found nor could be downloaded:" \
        "install it (\"pyenv install 3.10\", or your system's python3.10) and run make again."
    "$uv" venv --quiet --clear --python "$python" .venv
}

get_uv
if [ "${1:-}" = uv ]; then
    exit
fi
make_venv
say "Installing packages (about a minute) ..."
"$uv" pip sync --quiet --python .venv/bin/python --require-hashes requirements.txt
