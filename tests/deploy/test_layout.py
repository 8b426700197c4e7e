"""Putting a code directory together."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dataworks_ext.deploy.layout import PackagingError, lay_out


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A folder of policies."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "__init__.py").write_text("extension = None\n")
    return folder


def _laid_out(rules: Path) -> tuple[set[str], list[str]]:
    """The files of the folder that are deployed, and what was left out."""
    target = rules.parent / "function"
    left_out = lay_out(target, [rules])
    return {path.relative_to(target / "rules").as_posix() for path in (target / "rules").rglob("*")}, left_out


def test_what_the_function_does_not_run_is_not_of_it(rules: Path) -> None:
    lay_out(rules.parent / "function", [rules])
    framework = {path.name for path in (rules.parent / "function" / "dataworks_ext").iterdir()}
    assert "function.py" in framework
    assert not {"cli", "deploy", "local", "testing", "py.typed", "__pycache__"} & framework


_JUNK = """
.git/config .venv/lib/site.py tests/test_rules.py inner/tests/data.json .DS_Store Thumbs.db .vscode/settings.json
.idea/workspace.xml rules.py~ #rules.py# .rules.py.swp .mypy_cache/x.json explore.ipynb
"""
_SECRETS = """
.env .env.production production.env env.prod app.env.yaml .netrc local.mk secrets.yaml secret.txt
AccessKey.csv my-AccessKey-2026.csv RAM_access_key.txt credentials credentials.json aliyun-credentials.ini
client_secret.json client_secret_1.json token.json service-account.json kubeconfig prod.kubeconfig htpasswd
server.pem SERVER.PEM inner/tls.key store.p12 store.jks release.keystore signing.p8 passwords.kdbx backup.gpg
id_rsa id_rsa.pub id_ed25519 ssh_host_rsa_key office.ovpn terraform.tfstate terraform.tfstate.backup prod.tfvars
"""


@pytest.mark.parametrize("name", [*_JUNK.split(), *_SECRETS.split()])
def test_secrets_and_junk_stay_behind_and_are_told(rules: Path, name: str) -> None:
    planted = rules / name
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.write_text("secret")
    files, left_out = _laid_out(rules)
    assert not [file for file in files if file.endswith(planted.name)]
    assert [one for one in left_out if f"rules/{name}".startswith(one)] == left_out != []


@pytest.mark.parametrize(
    "text", ["-----BEGIN RSA PRIVATE KEY-----\nMII", "-----BEGIN PRIVATE KEY-----", "id: LTAI5tExampleExample12"]
)
def test_a_file_that_holds_a_key_stays_behind_whatever_it_is_called(rules: Path, text: str) -> None:
    (rules / "notes.txt").write_text(f"first line\n{text}\n")
    assert _laid_out(rules) == ({"__init__.py"}, ["rules/notes.txt"])


@pytest.mark.parametrize("name", ["credentials.py", "secrets.py", "env.py", "token.py", "credentials/__init__.py"])
def test_a_module_is_deployed_whatever_it_is_called(rules: Path, name: str) -> None:
    (rules / name).parent.mkdir(exist_ok=True)
    (rules / name).touch()
    files, left_out = _laid_out(rules)
    assert (name in files, left_out) == (True, [])


def test_a_virtual_environment_stays_behind_whatever_it_is_called(rules: Path) -> None:
    (rules / "environment" / "lib").mkdir(parents=True)
    (rules / "environment" / "pyvenv.cfg").touch()
    assert _laid_out(rules) == ({"__init__.py"}, ["rules/environment"])


@pytest.mark.parametrize(
    "name",
    ["__pycache__/x.cpython-310.pyc", "x.pyc", "x.pyi", "py.typed", "requirements.txt", "function-3.10.lock"],
)
def test_what_is_made_anew_or_for_building_stays_behind_without_a_word(rules: Path, name: str) -> None:
    (rules / name).parent.mkdir(exist_ok=True)
    (rules / name).touch()
    assert _laid_out(rules) == ({"__init__.py"}, [])


@pytest.mark.parametrize("name", ["limits.json", "inner/zones.csv", "key.py", "testsuite.py", "environment.py"])
def test_data_beside_the_code_is_deployed(rules: Path, name: str) -> None:
    (rules / name).parent.mkdir(exist_ok=True)
    (rules / name).write_text("data")
    assert name in _laid_out(rules)[0]


def test_a_link_within_the_folder_becomes_a_file(rules: Path) -> None:
    (rules / "same.py").symlink_to("__init__.py")
    assert "same.py" in _laid_out(rules)[0]
    assert not (rules.parent / "function" / "rules" / "same.py").is_symlink()


@pytest.mark.parametrize("target", ["/etc/passwd", "../elsewhere.py", "../elsewhere", "nowhere.py"])
def test_a_link_out_of_the_folder_is_an_error(rules: Path, target: str) -> None:
    (rules.parent / "elsewhere.py").touch()
    (rules.parent / "elsewhere").mkdir()
    (rules / "link").symlink_to(target)
    with pytest.raises(PackagingError, match=r"^rules/link is a symbolic link that leads out of rules; put a copy"):
        _laid_out(rules)


def test_a_link_to_what_stays_behind_brings_it_along_no_more_than_its_name_does(rules: Path) -> None:
    (rules / ".venv").symlink_to("/usr")
    assert _laid_out(rules) == ({"__init__.py"}, ["rules/.venv"])


def test_a_link_to_a_secret_is_an_error(rules: Path) -> None:
    """Under another name, it would be deployed."""
    (rules / ".env").write_text("SECRET=1")
    (rules / "settings.txt").symlink_to(".env")
    with pytest.raises(
        PackagingError, match=r"^rules/settings.txt is a symbolic link to rules/.env, which is left out"
    ):
        _laid_out(rules)


def test_a_link_to_the_folder_around_it_is_an_error(rules: Path) -> None:
    (rules / "inner").mkdir()
    (rules / "inner" / "up").symlink_to("..")
    with pytest.raises(PackagingError, match=r"^rules/inner/up is a symbolic link to a folder that holds it"):
        _laid_out(rules)


@pytest.mark.parametrize("name", ["first", "inner/itself"])
def test_a_circle_of_links_is_an_error(rules: Path, name: str) -> None:
    (rules / "inner").mkdir()
    (rules / "first").symlink_to("second") if name == "first" else (rules / name).symlink_to("itself")
    if name == "first":
        (rules / "second").symlink_to("first")
    with pytest.raises(PackagingError, match=rf"^rules/{name} is a symbolic link that leads in a circle; remove it"):
        _laid_out(rules)


def test_a_name_that_is_not_utf_8_is_an_error(rules: Path) -> None:
    """A ZIP file has no such names."""
    Path(os.fsdecode(os.fsencode(rules) + b"/gr\xfc\xdfe.json")).touch()
    with pytest.raises(PackagingError, match=r"^rules/gr\\xfc\\xdfe\.json has a name that is not UTF-8; rename it"):
        _laid_out(rules)


def test_a_pipe_is_an_error(rules: Path) -> None:
    """Reading it would wait for ever."""
    os.mkfifo(rules / "pipe")
    with pytest.raises(PackagingError, match=r"^rules/pipe is neither a file nor a folder"):
        _laid_out(rules)
