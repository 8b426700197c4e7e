"""A runtime of Function Compute at its least: import the handler of a code directory, and call it with one message.

python -s launch.py DIRECTORY MESSAGE
"""

import sys


class _Function:
    timeout = 10


class _Credentials:
    access_key_id, access_key_secret, security_token = "id", "secret", "token"


class _Context:
    request_id = "1-abc"
    function = _Function()
    region = "cn-hangzhou"
    credentials = _Credentials()


sys.path[0] = sys.argv[1]

import index  # type: ignore[import-not-found]  # noqa: E402 - it is in that directory

context = _Context()
if hasattr(index, "initializer"):
    index.initializer(context)
with open(sys.argv[2], "rb") as message:
    index.handler(message.read(), context)
