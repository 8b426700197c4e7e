"""A real S3 server on loopback, which checks signatures and permissions, for functions that archive."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any, Final

import boto3
from botocore.config import Config
from moto import settings
from moto.server import ThreadedMotoServer

from dataworks_ext import Extension
from dataworks_ext.function import Function
from dataworks_ext.testing import FunctionContext
from dataworks_ext.testing.contexts import ContextCredentials, FunctionMeta

REGION: Final = "us-east-1"
_names: Final = count(1)


class Bucket:
    """A bucket of its own, and a role that may put objects under `guard/` in it, and nothing else."""

    def __init__(self, url: str) -> None:
        self.url = url
        number = next(_names)
        self.name = f"archive-{number}"
        self.client = _client(url, "s3")
        self.client.create_bucket(Bucket=self.name)
        self.credentials = self._role(f"guard-{number}")

    def _role(self, name: str) -> ContextCredentials:
        iam, sts = _client(self.url, "iam"), _client(self.url, "sts")
        anyone = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(anyone))["Role"]
        resource = f"arn:aws:s3:::{self.name}/guard/*"
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": resource}],
        }
        iam.put_role_policy(RoleName=name, PolicyName="archive", PolicyDocument=json.dumps(policy))
        given = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="function")["Credentials"]
        return ContextCredentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    def environment(self, **changes: str) -> dict[str, str]:
        """The variables of a function that archives here."""
        return {
            "DATAWORKS_EXT_ARCHIVE": f"oss://{self.name}/guard",
            "DATAWORKS_EXT_ARCHIVE_ENDPOINT": self.url,
            "DATAWORKS_EXT_REGION": REGION,
            **changes,
        }

    def context(self, **changes: Any) -> FunctionContext:
        """A context of the runtime with the role's credentials."""
        return FunctionContext(**{"credentials": self.credentials, "function": FunctionMeta(timeout=10), **changes})

    def function(self, extension: Extension, **changes: str) -> Function:
        """A function that archives here."""
        return Function(extension, environment=self.environment(**changes))

    @property
    def keys(self) -> list[str]:
        """The keys of all objects."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def lines(self) -> list[dict[str, Any]]:
        """The lines of all objects, in the order of keys."""
        found: list[dict[str, Any]] = []
        for key in self.keys:
            body = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
            with gzip.open(io.BytesIO(body)) as lines:
                found.extend(json.loads(line) for line in lines)
        return found


@contextmanager
def s3_server() -> Iterator[str]:
    """The URL of a server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def authorisation() -> Iterator[None]:
    """The server checks who asks, and for what."""
    before = settings.INITIAL_NO_AUTH_ACTION_COUNT
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    try:
        yield
    finally:
        settings.INITIAL_NO_AUTH_ACTION_COUNT = before


def _client(url: str, service: str) -> Any:
    given: Mapping[str, Any] = {
        "endpoint_url": url,
        "region_name": REGION,
        "aws_access_key_id": "owner",
        "aws_secret_access_key": "owner",
        "config": Config(s3={"addressing_style": "path"}, proxies={}),
    }
    return boto3.client(service, **given)
