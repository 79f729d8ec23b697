"""Requests of ``http`` steps."""

from __future__ import annotations

from typing import Any, Dict
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from .. import log
from ..encoding import dumps, loads
from .processes import StepFailed
from .values import text

LIMIT = 10 * 1024 * 1024  # bytes of an answer
PATIENCE = 300  # seconds without a byte


def request(does: "Dict[str, Any]") -> "Any":
    """The answer: JSON as data, the rest as text. Raises StepFailed for another status than expected, or none."""
    url = text(does["url"])
    host = urlsplit(url)
    if host.scheme not in ("http", "https") or not host.netloc:
        raise StepFailed(f"{url[:200]!r} is no URL that begins with http:// or https://")
    headers = {name: text(one) for name, one in (does.get("headers") or {}).items()}
    body = None
    if "json" in does:
        body = dumps(does["json"]).encode()
        headers.setdefault("Content-Type", "application/json")
    elif "body" in does:
        body = text(does["body"]).encode()
    method = does.get("method") or ("GET" if body is None else "POST")
    told = f"{method} {host.scheme}://{host.netloc}{host.path}"  # a query may carry what is secret
    headers.setdefault("User-Agent", "tidegate")
    try:
        try:
            answer = urlopen(Request(url, body, headers, method=method), timeout=PATIENCE)
        except HTTPError as problem:
            answer = problem
        with answer:
            status = answer.status if hasattr(answer, "status") else answer.code
            content = answer.read(LIMIT + 1)
            kind = answer.headers.get_content_type()
            charset = answer.headers.get_content_charset() or "utf-8"
    except (URLError, OSError, ValueError) as problem:
        raise StepFailed(f"{told}: {getattr(problem, 'reason', problem)}") from None
    log.info(f"{told} → {status}, {len(content)} bytes")
    said = content.decode(charset, "replace")
    if status not in does["expect"] if does.get("expect") else not 200 <= status < 300:
        raise StepFailed(f"{told} answered {status}: {said[:2000]}")
    if len(content) > LIMIT:
        raise StepFailed(f"{told} answered more than {LIMIT // 1024 // 1024} MiB: fetch it in a run step, to a file")
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return loads(said)
        except ValueError as problem:
            raise StepFailed(f"{told} says that it answers JSON, and does not: {problem}") from None
    return said
