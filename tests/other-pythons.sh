#!/bin/sh
# Runs the tests on every other Python from 3.10 on that this machine has.
set -eu
cd "$(dirname "$0")/.."
main=$(.venv/bin/python -c 'import sys; print(sys.version_info[1])')

find_python() {
    for candidate in "python3.$1" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"3.$1".*/bin/python; do
        if "$candidate" -c '' >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

for minor in 10 11 12 13 14; do
    python=$(find_python "$minor")
    if [ "$minor" = "$main" ] || [ -z "$python" ]; then
        continue
    fi
    environment=.venv-3.$minor
    if [ ! -e "$environment/.installed" ] || [ pyproject.toml -nt "$environment/.installed" ]; then
        "$python" -m venv "$environment"
        "$environment/bin/pip" install --quiet --disable-pip-version-check --editable '.[dev]'
        touch "$environment/.installed"
    fi
    echo "Testing on Python 3.$minor"
    "$environment/bin/python" -m pytest -q
done
