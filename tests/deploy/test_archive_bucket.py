"""What `doctor` says of an archive's bucket: against a real S3 server, asked by whoever deploys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from dataworks_ext import Extension
from dataworks_ext.deploy.checkup import examine
from dataworks_ext.deploy.s_yaml import Manifest
from tests.archive.faults_of_storage import Conversation, says_nonsense, server_that
from tests.archive.s3 import Bucket, authorisation, s3_server

OWNER = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "owner", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "owner"}
DELETES_AFTER_90_DAYS = {"Status": "Enabled", "Filter": {"Prefix": "guard/"}, "Expiration": {"Days": 90}}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture
def bucket(s3: str) -> Bucket:
    """One that is as it should be."""
    made = Bucket(s3)
    keep(made, DELETES_AFTER_90_DAYS)
    return made


def keep(bucket: Bucket, *rules: Mapping[str, Any]) -> None:
    bucket.client.put_bucket_lifecycle_configuration(
        Bucket=bucket.name, LifecycleConfiguration={"Rules": [{"ID": f"{n}", **rule} for n, rule in enumerate(rules)]}
    )


def found(variables: Mapping[str, str], deployer: Mapping[str, str] = OWNER, **props: object) -> list[tuple[str, str]]:
    """What the check of the archive finds: levels and texts."""
    changed = {"role": "acs:ram::1:role/guard", "region": "cn-hangzhou", "environmentVariables": variables, **props}
    findings = examine(Extension("guard"), Manifest("guard", changed, None), deployer=deployer)
    return [(finding.level, finding.text) for finding in findings if finding.check == "archive"]


def credentials_of(bucket: Bucket) -> dict[str, str]:
    """Those of the function's role, which may put objects and nothing else."""
    return {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": bucket.credentials.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": bucket.credentials.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": bucket.credentials.security_token,
    }


def test_a_bucket_that_is_private_and_forgets_is_in_order(bucket: Bucket) -> None:
    assert found(bucket.environment()) == []


@pytest.mark.parametrize("acl", ["public-read", "public-read-write", "authenticated-read"])
def test_a_bucket_that_others_can_read_is_a_problem(bucket: Bucket, acl: str) -> None:
    bucket.client.put_bucket_acl(Bucket=bucket.name, ACL=acl)
    [(level, text)] = found(bucket.environment())
    assert (level, text.partition(";")[0]) == ("problem", f"anybody can read {bucket.name}, which holds UIDs and SQL")


KEPT: dict[str, tuple[list[dict[str, Any]], str, str]] = {
    "no rule": ([], "guard/", "for ever"),
    "a rule that is off": ([{**DELETES_AFTER_90_DAYS, "Status": "Disabled"}], "guard/", "for ever"),
    "a rule for another prefix": ([{**DELETES_AFTER_90_DAYS, "Filter": {"Prefix": "other/"}}], "guard/", "for ever"),
    "a rule for some objects": (
        [{**DELETES_AFTER_90_DAYS, "Filter": {"And": {"Prefix": "guard/", "Tags": [{"Key": "a", "Value": "b"}]}}}],
        *("guard/", "for ever"),
    ),
    "a rule for raw objects only": (
        [{**DELETES_AFTER_90_DAYS, "Filter": {"Prefix": "guard/raw/"}}],
        *("guard/daily/v1/", "for ever"),
    ),
    "a rule that comes late": ([{**DELETES_AFTER_90_DAYS, "Expiration": {"Days": 365}}], "guard/", "for 365 days"),
    "a rule that moves objects": (
        [{"Status": "Enabled", "Filter": {}, "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}]}],
        *("guard/", "for ever"),
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept_for_longer_than_90_days_warns(s3: str, name: str) -> None:
    rules, prefix, how_long = KEPT[name]
    bucket = Bucket(s3)
    if rules:
        keep(bucket, *rules)
    [(level, text)] = found(bucket.environment())
    assert level == "warning"
    assert text.startswith(f"objects under {prefix} in {bucket.name} are kept {how_long}; add a lifecycle rule")


@pytest.mark.parametrize("rule", [{"Filter": {}}, {"Prefix": ""}, {"Prefix": "guard"}, {"Filter": {"Prefix": "gu"}}])
def test_a_rule_for_more_than_the_archive_holds_for_it_too(s3: str, rule: Mapping[str, object]) -> None:
    bucket = Bucket(s3)
    keep(bucket, {"Status": "Enabled", "Expiration": {"Days": 7}, **rule})
    assert found(bucket.environment()) == []


def test_who_has_no_right_to_ask_is_told_which_to_ask_for(bucket: Bucket) -> None:
    with authorisation():
        told = found(bucket.environment(), credentials_of(bucket))
    ask = "your key may not. Ask the bucket's owner, or have"
    assert told == [
        ("warning", f"nobody could look who can read {bucket.name}: {ask} oss:GetBucketAcl granted to you"),
        (
            "warning",
            f"nobody could look when objects in {bucket.name} expire: {ask} oss:GetBucketLifecycle granted to you",
        ),
    ]


def test_who_has_no_key_is_told_that_nobody_looked(bucket: Bucket) -> None:
    [(level, text)] = found(bucket.environment(), {})
    assert level == "warning"
    assert text.startswith(f"nobody looked whether {bucket.name} is private: ALIBABA_CLOUD_ACCESS_KEY_ID")


def test_a_wrong_secret_is_told_once_and_not_repeated(bucket: Bucket) -> None:
    wrong = {**credentials_of(bucket), "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong-secret"}
    with authorisation():
        [(level, text)] = found(bucket.environment(), wrong)
    assert level == "warning"
    assert text.endswith("the storage answered HTTP 403 SignatureDoesNotMatch")


def test_a_bucket_that_is_not_there_is_a_problem(bucket: Bucket) -> None:
    [(level, text)] = found(bucket.environment(DATAWORKS_EXT_ARCHIVE="oss://no-such-bucket/guard"))
    assert (level, text) == (
        *("problem", "there is no bucket no-such-bucket (HTTP 404 NoSuchBucket); make it, or name another"),
    )


def answers(body: str) -> Conversation:
    def answer(connected: Any, _: object) -> None:
        connected.recv(65536)
        connected.sendall(f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode())

    return answer


@pytest.mark.parametrize(
    ("conversation", "text"),
    [
        (says_nonsense, r".* did not answer \(220 mail\.example\.com.*"),
        (answers("{}"), "nobody could look who can read the-archive: the answer is no XML"),
        (answers("<AccessControlPolicy/>"), "nobody can tell whether the-archive is private: .*"),
    ],
)
def test_an_answer_that_says_nothing_is_never_taken_for_private(conversation: Conversation, text: str) -> None:
    with server_that(conversation) as (url, _):
        told = found({"DATAWORKS_EXT_ARCHIVE": "oss://the-archive", "DATAWORKS_EXT_ARCHIVE_ENDPOINT": url})
    assert re.fullmatch(text, told[0][1])


@pytest.mark.parametrize(
    ("grant", "level"), [("private", "warning"), ("public-read", "problem"), ("public-read-write", "problem")]
)
def test_the_list_as_oss_writes_it_is_read(grant: str, level: str) -> None:
    """OSS, "GetBucketAcl": one grant, which names the whole list. What expires is then asked in vain."""
    body = f"<AccessControlPolicy><AccessControlList><Grant>{grant}</Grant></AccessControlList></AccessControlPolicy>"
    with server_that(answers(body)) as (url, _):
        told = found({"DATAWORKS_EXT_ARCHIVE": "oss://the-archive", "DATAWORKS_EXT_ARCHIVE_ENDPOINT": url})
    assert told[0][0] == level
    assert told[-1][1].startswith("objects in the-archive are kept for ever")


ENDPOINTS = {
    "of the region": ("", None),
    "internal, of another region": (
        "https://s3.oss-cn-beijing-internal.aliyuncs.com",
        ("problem", "DATAWORKS_EXT_ARCHIVE_ENDPOINT is on the internal network of cn-beijing, which no function in "),
    ),
    "public, of another region": (
        "https://s3.oss-cn-beijing.aliyuncs.com",
        ("warning", "DATAWORKS_EXT_ARCHIVE_ENDPOINT is in cn-beijing, and the function in cn-hangzhou"),
    ),
    "public": (
        "https://s3.oss-cn-hangzhou.aliyuncs.com",
        ("warning", "DATAWORKS_EXT_ARCHIVE_ENDPOINT is on the public network"),
    ),
    "internal": ("https://s3.oss-cn-hangzhou-internal.aliyuncs.com", None),
    "no URL": ("s3.oss-cn-hangzhou.aliyuncs.com", ("problem", "DATAWORKS_EXT_ARCHIVE_ENDPOINT: the endpoint should")),
}


@pytest.mark.parametrize("name", ENDPOINTS)
def test_an_endpoint_that_the_function_does_not_get_to_is_found(name: str) -> None:
    endpoint, expected = ENDPOINTS[name]
    told = found({"DATAWORKS_EXT_ARCHIVE": "oss://the-archive", "DATAWORKS_EXT_ARCHIVE_ENDPOINT": endpoint}, {})
    told = [finding for finding in told if not finding[1].startswith("nobody looked")]
    assert [(level, text[: len(expected[1])]) for level, text in told if expected] == ([expected] if expected else [])
    assert len(told) == (expected is not None)


def test_a_function_without_a_role_and_a_name_that_nothing_has_are_found(bucket: Bucket) -> None:
    [(level, text)] = found(bucket.environment(), role="")
    assert (level, text) == (
        *("problem", f"the function has no role; give it one with oss:PutObject on oss://{bucket.name}/guard/*"),
    )
    [(level, text)] = found(bucket.environment(DATAWORKS_EXT_ARCHIVE_WITHOUT="sqlTxt"))
    assert (level, 'did you mean "sqlText"?' in text) == ("problem", True)
