#!/bin/sh
# Prints the Pythons from 3.10 on that this machine has, one of each version, as "version command"; first the one for
# the development environment. With an argument: that Python, if it will do. All can make virtual environments.
set -u

version_of() {
    "$1" -c 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2] if sys.version_info >= (3, 10) else "")' \
        2>/dev/null
}

# Print the first of the commands that is a Python of that version; any from 3.10 on is a 3.*.
first() {
    wanted=$1
    shift
    for python; do
        version=$(version_of "$python")
        case $version in
            $wanted)
                echo "$version $python"
                return
                ;;
        esac
    done
    return 1
}

pyenv=${PYENV_ROOT:-$HOME/.pyenv}/versions
if [ $# -gt 0 ]; then
    # A shim of pyenv runs only what is switched on; python3.12 is there all the same.
    if ! first "3.*" "$1" "$pyenv/${1#python}".*/bin/python; then
        echo "make: $1 is no Python from 3.10 on with venv and pip; name another: make PYTHON=python3" >&2
        exit 1
    fi
    exit
fi

found=""
for minor in 11 12 13 10 14; do
    if first "3.$minor" "python3.$minor" "$pyenv/3.$minor".*/bin/python python3 python; then
        found=yes
    fi
done
if [ -z "$found" ]; then
    echo "make: no Python from 3.10 on with venv and pip is here; install one, or name it: make PYTHON=/its/path" >&2
    exit 1
fi
