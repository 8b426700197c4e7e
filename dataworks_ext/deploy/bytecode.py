"""Byte code for the code directory, by an interpreter of the function's own Python."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from .interpreters import Interpreter, loader_variables

_COMPILE: Final = """
import json, marshal, py_compile, sys
from pathlib import Path

NUMBERS = "argcount", "posonlyargcount", "kwonlyargcount", "nlocals", "stacksize", "flags"
OBJECTS = "code", "consts", "names", "varnames", "freevars", "cellvars", "filename", "name"

def number(value):
    return value.to_bytes(4, "little")

def in_order(value):
    if isinstance(value, tuple):
        return b"(" + number(len(value)) + b"".join(map(in_order, value))
    if isinstance(value, frozenset):
        return b">" + number(len(value)) + b"".join(sorted(map(in_order, value)))
    if not hasattr(value, "co_code"):
        return marshal.dumps(value, 2)
    numbers = [number(getattr(value, "co_" + name)) for name in NUMBERS]
    objects = [in_order(getattr(value, "co_" + name)) for name in OBJECTS]
    last = number(value.co_firstlineno) + in_order(value.co_linetable)
    return b"c" + b"".join(numbers + objects) + last

def has_order_of_addresses(value):
    if isinstance(value, frozenset) and any(map(has_address, value)):
        return True
    parts = value.co_consts if hasattr(value, "co_code") else value if isinstance(value, (tuple, frozenset)) else ()
    return any(map(has_order_of_addresses, parts))

def has_address(value):
    return any(map(has_address, value)) if isinstance(value, (tuple, frozenset)) else value in (None, ...)

failed = {}
for name in json.load(sys.stdin):
    try:
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        made = Path(py_compile.compile(name, dfile=name, doraise=True, invalidation_mode=mode))
    except Exception as error:
        cause = getattr(error, "exc_value", error)
        line = getattr(cause, "lineno", None)
        failed[name] = (f"line {line}: " if line else "") + str(getattr(cause, "msg", cause))
        continue
    if sys.version_info < (3, 11):
        head, code = made.read_bytes()[:16], marshal.loads(made.read_bytes()[16:])
        if has_order_of_addresses(code):
            made.write_bytes(head + in_order(code))
            assert marshal.loads(in_order(code)) == code, name
print(json.dumps(failed))
"""
"""Compiles the files that standard input lists as JSON, below the working directory.

Up to Python 3.10, marshal writes a set of constants in the order of their hashes, and the hash of None is its address,
which differs from run to run: `in_order` writes the code of such a file with its sets in the order of their bytes, in
the format of marshal's version 2, which has no references.
"""


def compile_files(directory: Path, names: Iterable[str], interpreter: Interpreter) -> dict[str, str]:
    """Put byte code beside Python files, the same for the same files, interpreter and names, wherever the directory is.

    The byte code is never compared with its source (unchecked hash): Function Compute unpacks the files with other
    times, and its code directory cannot be written. It holds names below the directory only; an import puts the real
    path in their place.

    Args:
        directory: The code directory.
        names: Files below it, such as `policies/files.py`.
        interpreter: What the function will run on, in its minor version.

    Returns:
        Files that this Python cannot compile, and why: `line 3: invalid syntax`.

    Raises:
        subprocess.CalledProcessError: The interpreter failed.

    Source: PEP 552, "Deterministic pycs".
    """
    done = subprocess.run(
        [interpreter.path, "-s", "-S", "-W", "ignore", "-c", _COMPILE],
        cwd=directory,
        env={**loader_variables(), "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"},
        input=json.dumps(sorted(names)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    failed: dict[str, str] = json.loads(done.stdout)
    return failed
