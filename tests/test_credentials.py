"""Keys come from the environment, ``.env`` and AWS, and are never shown."""

from __future__ import annotations

import builtins
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.s3_servers import S3, SECRET, free_port

from hedgerow import credentials
from hedgerow.credentials import (
    Credential,
    aws_settings,
    credential,
    find_credential,
    require_credential,
    resolve,
)
from hedgerow.errors import AuthError, DefinitionError
from hedgerow.lake import Lake, copy_lake
from hedgerow.settings import load_settings

PLANTED = "planted-vendor-key-4711"
NAMES = ("MASSIVE_API_KEY", "POLYGON_API_KEY")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.chdir(tmp_path)
    for name in (*NAMES, "HEDGEROW_SECRETS", *aws_settings()):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    credentials.forget()
    load_settings.cache_clear()
    yield monkeypatch
    load_settings.cache_clear()
    credentials.forget()


@pytest.fixture
def aws(moto: S3, nothing_set: pytest.MonkeyPatch) -> S3:
    """AWS on the loopback, which the environment points to."""
    for name, value in moto.options.items():
        nothing_set.setenv(name, value)
    return moto


def put_parameter(aws: S3, path: str, value: str) -> None:
    client = aws.client("ssm")
    client.put_parameter(Name=path, Value=value, Type="SecureString", Overwrite=True)
    client.close()


def put_secret(aws: S3, name: str, value: str) -> None:
    client = aws.client("secretsmanager")
    client.create_secret(Name=name, SecretString=value)
    client.close()


def dotenv(*lines: str) -> None:
    Path(".env").write_text("\n".join(lines) + "\n", encoding="utf-8")


# --------------------------------------------------------------------------------- regression


def test_the_first_name_that_has_a_key_counts(nothing_set) -> None:
    assert credential(*NAMES) is None
    nothing_set.setenv("POLYGON_API_KEY", "second")
    assert credential(*NAMES) == "second"
    nothing_set.setenv("MASSIVE_API_KEY", "first")
    assert credential(*NAMES) == "first"


def test_dotenv_comes_after_the_environment(nothing_set) -> None:
    dotenv("MASSIVE_API_KEY='from file'", "# POLYGON_API_KEY=no", "export FMP_API_KEY=other")
    assert find_credential(*NAMES) == Credential("MASSIVE_API_KEY", ".env", "from file")
    assert credential("FMP_API_KEY") == "other"
    nothing_set.setenv("MASSIVE_API_KEY", "from environment")
    found = find_credential(*NAMES)
    assert (found.where, found.value) == ("environment", "from environment")


def test_an_empty_variable_counts_as_not_set(nothing_set) -> None:
    nothing_set.setenv("MASSIVE_API_KEY", " ")
    dotenv("MASSIVE_API_KEY=here")
    assert credential(*NAMES) == "here"


def test_a_vendor_that_needs_a_key_says_where_to_put_one() -> None:
    with pytest.raises(AuthError, match=r"Massive needs a key: set MASSIVE_API_KEY or POLYGON"):
        require_credential("Massive", *NAMES)


def test_a_reference_to_parameter_store(aws, nothing_set) -> None:
    put_parameter(aws, "/quant-platform/polygon-api-key", f"{PLANTED}\n")
    nothing_set.setenv("POLYGON_API_KEY", "ssm:/quant-platform/polygon-api-key")
    found = find_credential(*NAMES)
    assert found.value == PLANTED
    assert found.where == "environment: ssm:/quant-platform/polygon-api-key"


def test_a_reference_to_secrets_manager(aws) -> None:
    put_secret(aws, "plain", PLANTED)
    put_secret(aws, "team/keys", json.dumps({"polygon": PLANTED, "port": 5432}))
    dotenv("POLYGON_API_KEY=secretsmanager:team/keys#polygon")
    assert credential(*NAMES) == PLANTED
    assert resolve("secretsmanager:plain") == PLANTED
    assert resolve("secretsmanager:team/keys#port") == "5432"


def test_one_folder_keeps_all_that_is_set_nowhere(aws, nothing_set) -> None:
    nothing_set.setenv("HEDGEROW_SECRETS", "ssm:/quant-platform/")
    put_parameter(aws, "/quant-platform/fmp-api-key", PLANTED)
    found = find_credential("FMP_API_KEY")
    assert (found.where, found.value) == ("ssm:/quant-platform/fmp-api-key", PLANTED)
    assert credential("FRED_API_KEY") is None
    nothing_set.setenv("FMP_API_KEY", "set here")
    assert credential("FMP_API_KEY") == "set here"


def test_the_second_name_is_looked_for_too(aws, nothing_set) -> None:
    nothing_set.setenv("HEDGEROW_SECRETS", "ssm:/other-platform")
    put_parameter(aws, "/other-platform/polygon-api-key", PLANTED)
    assert find_credential(*NAMES).name == "POLYGON_API_KEY"


def test_one_secret_keeps_all_that_is_set_nowhere(aws) -> None:
    put_secret(aws, "whole-team", json.dumps({"FMP_API_KEY": "upper", "massive-api-key": "lower"}))
    dotenv("HEDGEROW_SECRETS=secretsmanager:whole-team")
    assert credential("FMP_API_KEY") == "upper"
    assert find_credential(*NAMES).where == "secretsmanager:whole-team#massive-api-key"
    assert credential("FRED_API_KEY") is None


def test_dotenv_says_how_to_reach_aws(aws, nothing_set) -> None:
    put_parameter(aws, "/from-file", PLANTED)
    for name in aws.options:
        nothing_set.delenv(name)
    dotenv(*(f"{name}={value}" for name, value in aws.options.items()))
    assert resolve("ssm:/from-file") == PLANTED


# --------------------------------------------------------------------------------- properties


def test_aws_is_asked_once_for_each_key(aws, nothing_set) -> None:
    put_parameter(aws, "/once", "before")
    nothing_set.setenv("MASSIVE_API_KEY", "ssm:/once")
    assert credential(*NAMES) == "before"
    put_parameter(aws, "/once", "after")
    assert credential(*NAMES) == "before"
    credentials.forget()
    assert credential(*NAMES) == "after"


def test_who_signs_is_taken_from_one_place(nothing_set) -> None:
    dotenv("AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "AWS_SESSION_TOKEN=c", "AWS_REGION=d")
    whole = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c"}
    assert aws_settings() == whole | {"AWS_REGION": "d"}
    nothing_set.setenv("AWS_ACCESS_KEY_ID", "mine")
    nothing_set.setenv("AWS_SECRET_ACCESS_KEY", "my secret")
    mine = {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "my secret"}
    assert aws_settings() == mine | {"AWS_REGION": "d"}


def test_a_key_is_never_shown(aws, nothing_set, caplog) -> None:
    put_secret(aws, "shown", json.dumps({"key": PLANTED}))
    nothing_set.setenv("MASSIVE_API_KEY", "secretsmanager:shown#key")
    with caplog.at_level(logging.DEBUG, logger="hedgerow"):
        found = find_credential(*NAMES)
        with pytest.raises(AuthError) as error:
            resolve("secretsmanager:shown#other")
    said = [repr(found), str(found), f"{found}", caplog.text, str(error.value), repr(error.value)]
    assert not any(PLANTED in text or SECRET in text for text in said)
    assert "Did you mean" in str(error.value) or "Valid: key" in str(error.value)


# --------------------------------------------------------------------------------- validation


def fails(look: Callable[[], object], words: str) -> None:
    with pytest.raises(AuthError, match=words) as error:
        look()
    said = str(error.value) + repr(error.value.facts)
    assert "\n" not in str(error.value)
    assert SECRET not in said
    assert PLANTED not in said
    assert error.value.__cause__ is None


@pytest.mark.parametrize("text", ["ssm:/not/there", "secretsmanager:not-there#x"])
def test_a_key_that_is_not_there_is_named(aws, nothing_set, text: str) -> None:
    nothing_set.setenv("MASSIVE_API_KEY", text)
    fails(lambda: credential(*NAMES), f"MASSIVE_API_KEY: {text} does not exist")


def test_a_secret_without_fields_is_told(aws) -> None:
    put_secret(aws, "text-only", PLANTED)
    fails(lambda: resolve("secretsmanager:text-only#x"), "is not a JSON object")


def test_a_store_that_does_not_answer_is_told(aws, nothing_set) -> None:
    nothing_set.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    nothing_set.setenv("MASSIVE_API_KEY", "ssm:/x")
    fails(lambda: credential(*NAMES), "MASSIVE_API_KEY: ssm:/x cannot be read: Could not connect")


def test_no_identity_is_told(aws, nothing_set) -> None:
    nothing_set.delenv("AWS_ACCESS_KEY_ID")
    nothing_set.delenv("AWS_SECRET_ACCESS_KEY")
    fails(lambda: resolve("ssm:/x", "FMP_API_KEY"), "FMP_API_KEY: .*Unable to locate credentials")


def test_half_an_identity_is_told(aws, nothing_set) -> None:
    nothing_set.delenv("AWS_SECRET_ACCESS_KEY")
    fails(lambda: resolve("ssm:/x"), "AWS_SECRET_ACCESS_KEY is not set beside")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AccessDeniedException", "AWS refused the credentials, or they may not read it"),
        ("ExpiredTokenException", "AWS refused the credentials"),
        ("InternalServerError", "AWS answered InternalServerError"),
    ],
)
def test_a_refusal_is_told_without_what_aws_says(aws, nothing_set, code: str, words: str) -> None:
    from botocore.exceptions import ClientError

    class Refusing:
        def get_parameter(self, **asked: object) -> None:
            said = {"Code": code, "Message": f"{SECRET}\n{PLANTED}"}
            raise ClientError({"Error": said}, "GetParameter")

        def close(self) -> None: ...

    nothing_set.setattr(credentials, "aws_client", lambda service, settings: Refusing())
    fails(lambda: resolve("ssm:/x", "FMP_API_KEY"), f"FMP_API_KEY: ssm:/x cannot be read: {words}")


def test_a_place_that_is_none_is_told(nothing_set) -> None:
    nothing_set.setenv("HEDGEROW_SECRETS", "vault:secret/data")
    fails(lambda: credential("FMP_API_KEY"), "HEDGEROW_SECRETS=vault:secret/data is not a store")


def test_without_boto3_the_extra_is_named(nothing_set) -> None:
    original = builtins.__import__

    def without(name: str, *args: object, **more: object) -> object:
        if name.partition(".")[0] in {"boto3", "botocore"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return original(name, *args, **more)

    nothing_set.setattr(builtins, "__import__", without)
    nothing_set.setenv("FMP_API_KEY", "ssm:/x")
    fails(lambda: credential("FMP_API_KEY"), r"needs the extra aws: pip install 'hedgerow\[aws\]'")


def test_a_dotenv_that_cannot_be_read_is_told() -> None:
    Path(".env").write_bytes(b"MASSIVE_API_KEY=\xff\xfe")
    with pytest.raises((AuthError, DefinitionError), match=r"file \.env of this folder"):
        credential(*NAMES)


def test_the_library_of_aws_does_not_log_what_it_reads(aws, nothing_set, caplog) -> None:
    """At DEBUG it would write whole answers, and the session token among what it signs."""
    nothing_set.setenv("AWS_SESSION_TOKEN", "planted-token")
    put_parameter(aws, "/quant/fmp", "planted-value")
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    nothing_set.setenv("FMP_API_KEY", "ssm:/quant/fmp")
    assert credential("FMP_API_KEY") == "planted-value"
    assert "planted" not in caplog.text


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_an_endpoint_with_a_login_is_refused_without_showing_it(nothing_set, name: str) -> None:
    nothing_set.setenv(name, "http://ann:planted@127.0.0.1:1")
    with pytest.raises(AuthError, match=f"{name} cannot hold a login") as caught:
        aws_settings()
    assert "planted" not in str(caught.value)


def test_a_bucket_with_a_login_is_refused_without_showing_it(nothing_set) -> None:
    for look in (lambda uri: Lake(uri).versions(), lambda uri: copy_lake(uri, "there")):
        with pytest.raises(AuthError, match="cannot hold a login") as caught:
            look("s3://ann:planted@bucket/lake")
        assert "planted" not in str(caught.value)
