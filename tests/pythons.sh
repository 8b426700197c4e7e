#!/bin/sh
# Prints the Pythons from 3.10 on that this machine has, one of each version, as "version command"; first the one for
# the development environment. With an argument: that Python, if it will do. All can make virtual environments.
set -u

version_of() {
    "$1" -c 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2] if sys.version_info >= (3, 10) else "")' \
        2>/dev/null
}

if [ $# -gt 0 ]; then
    version=$(version_of "$1")
    if [ -z "$version" ]; then
        echo "make: $1 is no Python from 3.10 on with venv and pip; name another: make PYTHON=python3" >&2
        exit 1
    fi
    echo "$version $1"
    exit
fi

found=""
for wanted in 3.11 3.12 3.13 3.10 3.14; do
    for python in "python$wanted" "${PYENV_ROOT:-$HOME/.pyenv}/versions/$wanted".*/bin/python python3 python; do
        if [ "$(version_of "$python")" = "$wanted" ]; then
            echo "$wanted $python"
            found=yes
            break
        fi
    done
done
if [ -z "$found" ]; then
    echo "make: no Python from 3.10 on with venv and pip is here; install one, or name it: make PYTHON=/its/path" >&2
    exit 1
fi
