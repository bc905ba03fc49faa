"""Keys to vendors and stores, looked up by the names people already have.

1. The environment (``place_of_variable``).
2. The file ``.env`` of the current folder, as for the settings.
3. Where ``HEDGEROW_SECRETS`` points, for keys that are set in neither (``kept_under``):
   ``ssm:/quant-platform`` keeps ``MASSIVE_API_KEY`` as ``/quant-platform/massive-api-key``,
   ``secretsmanager:quant-platform`` as a field of one JSON secret.

A value found in 1 or 2 may itself say where the key is kept: ``ssm:/any/path`` (AWS Systems
Manager Parameter Store) or ``secretsmanager:name#field`` (AWS Secrets Manager). What AWS told is
remembered until the process ends. No value is ever logged, shown or put into an error.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from hedgerow.errors import AuthError, did_you_mean
from hedgerow.settings import load_settings

# Vendors that need or take a key, and the names of it, best first.
VENDOR_KEYS: dict[str, tuple[str, ...]] = {
    "Massive": ("MASSIVE_API_KEY", "POLYGON_API_KEY"),
    "Massive's flat files": ("MASSIVE_S3_ACCESS_KEY_ID", "POLYGON_S3_ACCESS_KEY_ID"),
    "Alpha Vantage": ("ALPHA_VANTAGE_API_KEY", "ALPHAVANTAGE_API_KEY"),
    "Financial Modeling Prep": ("FMP_API_KEY",),
    "FRED": ("FRED_API_KEY",),
}

_SSM, _SECRETS_MANAGER = "ssm:", "secretsmanager:"
_IDENTITY = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
)
_PLACE = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL")

# Codes of AWS errors, and what each means for whoever set the name.
_ABSENT = {"ParameterNotFound", "ResourceNotFoundException", "ParameterVersionNotFound"}
_REFUSED = {
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


@dataclass(frozen=True)
class Credential:
    """A key and where it was found; printing it shows no value.

    Parameters
    ----------
    name
        Variable that has it.
    where
        Place, such as ``environment``, ``.env`` or ``ssm:/quant-platform/fmp-api-key``.
    value
        The key itself. Never log it.

    Examples
    --------
    >>> Credential("FMP_API_KEY", ".env", "not-shown")
    Credential(name='FMP_API_KEY', where='.env')
    """

    name: str
    where: str
    value: str = field(repr=False)


def credential(*names: str) -> str | None:
    """Key under the first of some names that has one.

    Parameters
    ----------
    names
        Variables, best first, such as ``MASSIVE_API_KEY, POLYGON_API_KEY``.

    Returns
    -------
    str or None
        The key itself; None where no name has one. Never log it.

    Raises
    ------
    AuthError
        A name refers to a store that cannot be read.
    """
    found = find_credential(*names)
    return None if found is None else found.value


def require_credential(vendor: str, *names: str) -> str:
    """Like ``credential``, for a vendor that cannot be asked without.

    Raises
    ------
    AuthError
        No name has a key, or a name refers to a store that cannot be read.
    """
    found = credential(*names)
    if found is None:
        raise AuthError(
            f"{vendor} needs a key: set {' or '.join(names)} in the environment or in .env, or "
            "keep it where HEDGEROW_SECRETS points",
            vendor=vendor,
        )
    return found


def find_credential(*names: str) -> Credential | None:
    """Key under the first of some names that has one, and where it was found.

    Raises
    ------
    AuthError
        A name refers to a store that cannot be read.
    """
    for name in names:
        place = place_of_variable(name)
        if place is not None:
            where, text = place
            shown = f"{where}: {text}" if is_reference(text) else where
            return Credential(name, shown, resolve(text, name))
    base = load_settings().secrets
    for name in names if base else ():
        kept = kept_under(base, name)
        if kept is not None:
            return kept
    return None


def place_of_variable(name: str) -> tuple[str, str] | None:
    """Where a variable is set, and what it says; an empty one counts as not set.

    Raises
    ------
    AuthError
        ``.env`` cannot be read.
    """
    for where, variables in (("environment", os.environ), (".env", _dotenv())):
        text = (variables.get(name) or "").strip()
        if text:
            return where, text
    return None


def is_reference(text: str) -> bool:
    """Whether a value says where a key is kept rather than being one.

    Examples
    --------
    >>> is_reference("ssm:/quant-platform/polygon-api-key"), is_reference("abc123")
    (True, False)
    """
    return text.startswith((_SSM, _SECRETS_MANAGER))


def resolve(text: str, name: str = "value") -> str:
    """A text as it is or, where it refers to a store, what is kept there.

    Parameters
    ----------
    text
        ``ssm:/path``, ``secretsmanager:name``, ``secretsmanager:name#field``, or any other.
    name
        Variable that says so, for the error.

    Raises
    ------
    AuthError
        The store cannot be read, or does not have it.

    Examples
    --------
    >>> resolve("sqlite:///catalog.db")
    'sqlite:///catalog.db'
    """
    if not is_reference(text):
        return text
    if text.startswith(_SSM):
        kept = _kept("ssm", text.removeprefix(_SSM), name)
    else:
        secret, _, part = text.removeprefix(_SECRETS_MANAGER).partition("#")
        kept = _kept("secretsmanager", secret, name)
        if kept is not None and part:
            fields = _fields(kept, text, name)
            if part not in fields:
                raise AuthError(f"{name}: {text} has no such field. {did_you_mean(part, fields)}")
            kept = fields[part]
    if not kept:
        raise AuthError(f"{name}: {text} does not exist; correct the name or put the key there")
    return kept


def kept_under(base: str, name: str) -> Credential | None:
    """Key that a store keeps under a folder or in a secret; None where it has none.

    Parameters
    ----------
    base
        ``ssm:/folder`` or ``secretsmanager:name``, as ``HEDGEROW_SECRETS`` says.
    name
        Variable, such as ``FMP_API_KEY``; it is kept as ``fmp-api-key`` or, in a JSON
        secret, as either of the two.

    Raises
    ------
    AuthError
        The store cannot be read, or is none of the two.
    """
    setting, words = "HEDGEROW_SECRETS", name.lower().replace("_", "-")
    if base.startswith(_SSM):
        path = f"{base.removeprefix(_SSM).rstrip('/')}/{words}"
        kept = _kept("ssm", path, setting)
        return Credential(name, f"{_SSM}{path}", kept) if kept else None
    if not base.startswith(_SECRETS_MANAGER):
        raise AuthError(
            f"{setting}={base} is not a store of secrets: give ssm:/folder or secretsmanager:name"
        )
    secret = base.removeprefix(_SECRETS_MANAGER)
    text = _kept("secretsmanager", secret, setting)
    fields = {} if text is None else _fields(text, base, setting)
    found = next((one for one in (name, words) if fields.get(one)), None)
    return Credential(name, f"{base}#{found}", fields[found]) if found else None


def forget() -> None:
    """Ask AWS again for what is kept there, such as after a key was changed."""
    _fetched.cache_clear()


# ------------------------------------------------------------------------------------------ AWS


def aws_settings() -> dict[str, str]:
    """The ``AWS_*`` names that are set, the environment before ``.env``.

    Who signs is taken from one place as a whole: a key of the environment is never joined with
    a session token from ``.env``.

    Returns
    -------
    dict[str, str]
        Some of ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_SESSION_TOKEN``,
        ``AWS_PROFILE``, ``AWS_REGION``, ``AWS_DEFAULT_REGION``, ``AWS_ENDPOINT_URL``,
        ``AWS_ENDPOINT_URL_…`` of one service and ``AWS_ALLOW_HTTP``. Never log it.

    Raises
    ------
    AuthError
        ``.env`` cannot be read, or an endpoint holds a login, which its messages would show.
    """
    kept = _dotenv()
    signer = os.environ if any(os.environ.get(name) for name in _IDENTITY) else kept
    found = {name: signer.get(name) for name in _IDENTITY}
    services = {name for name in (*os.environ, *kept) if name.startswith("AWS_ENDPOINT_URL_")}
    for name in (*_PLACE, *services, "AWS_ALLOW_HTTP"):
        found[name] = os.environ.get(name) or kept.get(name)
        if name.startswith("AWS_ENDPOINT_URL") and "@" in _host(found[name]):
            raise AuthError(
                f"{name} cannot hold a login: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
    return {name: value for name, value in found.items() if value}


def aws_client(service: str, settings: Mapping[str, str] | None = None) -> Any:
    """Client of an AWS service that gives up within seconds, not minutes.

    Parameters
    ----------
    service
        Such as ``s3`` or ``ssm``.
    settings
        ``AWS_*`` names to use; ``aws_settings()`` by default. What they do not say, boto3
        looks up its own way (profiles, roles).

    Returns
    -------
    boto3 client

    Raises
    ------
    AuthError
        The extra ``aws`` is not installed, half of a key is set, or the profile does not
        exist.
    """
    try:
        from boto3.session import Session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise AuthError(
            f"reading from AWS ({service}) needs the extra aws: pip install 'hedgerow[aws]'",
            service=service,
        ) from None
    given = aws_settings() if settings is None else settings
    pair = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    lacking = [name for name in pair if name not in given]
    if len(lacking) == 1:
        raise AuthError(f"AWS cannot be used: {lacking[0]} is not set beside the other of the two")
    patience = Config(
        connect_timeout=5,
        read_timeout=15,
        retries={"mode": "standard", "total_max_attempts": 3},
        # Other makers' S3 servers know neither buckets as host names nor trailing checksums.
        s3={"addressing_style": "path"} if _endpoint(service, given) else None,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    try:
        session = Session(
            aws_access_key_id=given.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=given.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=given.get("AWS_SESSION_TOKEN"),
            region_name=given.get("AWS_REGION") or given.get("AWS_DEFAULT_REGION"),
            profile_name=given.get("AWS_PROFILE"),
        )
        client = session.client(
            service,
            region_name=session.region_name or "us-east-1",
            endpoint_url=_endpoint(service, given),
            config=patience,
        )
    except (BotoCoreError, ValueError) as fault:
        raise AuthError(f"AWS cannot be used: {_one_line(fault)}; check AWS_PROFILE, "
                        "AWS_REGION and AWS_ENDPOINT_URL") from None  # fmt: skip
    _hush()
    return client


def _hush() -> None:
    """Keep the AWS library from writing whole answers and signatures into a log at DEBUG."""
    for name in [name for name in logging.root.manager.loggerDict if name.startswith("botocore")]:
        logger = logging.getLogger(name)
        if _is_no_detail not in logger.filters:
            logger.addFilter(_is_no_detail)


def _is_no_detail(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def _host(url: str | None) -> str:
    """Host of an address with all that stands before it."""
    try:
        return urlsplit(url or "").netloc
    except ValueError:
        return ""


def _endpoint(service: str, given: Mapping[str, str]) -> str | None:
    return given.get(f"AWS_ENDPOINT_URL_{service.upper()}") or given.get("AWS_ENDPOINT_URL")


def _kept(service: str, path: str, name: str) -> str | None:
    """What a store keeps under a path; None where there is nothing."""
    given = tuple(sorted(aws_settings().items()))
    return _fetched(service, path, name, given)


@lru_cache(maxsize=256)
def _fetched(service: str, path: str, name: str, given: tuple[tuple[str, str], ...]) -> str | None:
    client = aws_client(service, dict(given))
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        if service == "ssm":
            kept = client.get_parameter(Name=path, WithDecryption=True)["Parameter"]["Value"]
        else:
            kept = client.get_secret_value(SecretId=path).get("SecretString", "")
    except ClientError as fault:
        code = str(fault.response.get("Error", {}).get("Code", ""))
        if code in _ABSENT:
            return None
        reason = (
            "AWS refused the credentials, or they may not read it"
            if code in _REFUSED
            else f"AWS answered {code or 'with an error'}"
        )
    except BotoCoreError as fault:
        reason = _one_line(fault)
    else:
        return str(kept).strip()
    finally:
        client.close()
    raise AuthError(
        f"{name}: {service}:{path} cannot be read: {reason}. Check AWS_ACCESS_KEY_ID, AWS_REGION "
        "and AWS_ENDPOINT_URL",
        service=service,
    )


def _fields(text: str, where: str, name: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise AuthError(f"{name}: {where} is not a JSON object, so it has no fields") from None
    return {key: str(value).strip() for key, value in found.items()}


def _dotenv() -> Mapping[str, str | None]:
    from dotenv import dotenv_values

    try:
        return dotenv_values(".env", encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise AuthError("file .env of this folder cannot be read: mend or remove it") from None


def _one_line(fault: BaseException) -> str:
    return " ".join(str(fault).split())[:200]
