"""One request for a file or for the rest of it, and what each answer means (RFC 9110, sections 13 to 15)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from http import HTTPStatus

import httpx

from assets.web.expected import Expected
from assets.web.partial import Origin, Partial
from assets.web.progress import Progress
from assets.web.retries import WORTH_ANOTHER_TRY, PermanentFailure, TemporaryFailure, retry_after


def transfer(web: httpx.Client, partial: Partial, expected: Expected, say: Callable[[str], None]) -> int | None:
    """Bring what is missing of a file into `partial`.

    Returns the byte at which this request began; None if the server says that the copy we have is still right.
    Raises TemporaryFailure, PermanentFailure, RefusedAddress, httpx errors.
    """
    origin = partial.origin()
    if origin and partial.size and partial.size == origin.bytes:  # whole; killed before it had its name
        return partial.size
    conditions = _conditions(partial, expected)
    with web.stream("GET", partial.address, headers=conditions) as response:
        if response.status_code == HTTPStatus.NOT_MODIFIED and conditions and not partial.size:
            return None
        _check_status(response, partial)
        _check_kind(response, partial, expected)
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            _check_range(response, partial)
        else:
            partial.begin(_origin(response, partial.address))
        start = partial.size
        _receive(response, partial, expected, say)
    return start


def _conditions(partial: Partial, expected: Expected) -> dict[str, str]:
    """Headers that ask for the rest of the part, or whether the whole file has changed; none where neither is known."""
    origin = partial.origin()
    if partial.size:
        # Without a validator nobody could tell whether the rest is the rest of the same file.
        known = origin is not None and origin.validator is not None
        return {"Range": f"bytes={partial.size}-", "If-Range": origin.validator} if known else {}
    right = partial.target.exists() and expected.mismatch(partial.target) is None
    whole = partial.origin_of_target() if right else None
    conditions = {"If-None-Match": whole.etag, "If-Modified-Since": whole.last_modified} if whole else {}
    return {name: value for name, value in conditions.items() if value}


def _check_status(response: httpx.Response, partial: Partial) -> None:
    status = response.status_code
    if status in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        return
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and partial.size:
        had = partial.size
        partial.discard()
        raise TemporaryFailure(f"the server has nothing after byte {had:,}, so this starts over")
    said = f"the server answered {status} {response.reason_phrase}".rstrip()
    if status in WORTH_ANOTHER_TRY:
        raise TemporaryFailure(said, retry_after(response.headers))
    raise PermanentFailure(said)


def _check_kind(response: httpx.Response, partial: Partial, expected: Expected) -> None:
    """Refuse a body that is another thing than the bytes of the file, or whose end could not be told from a drop."""
    headers, suffix = response.headers, partial.target.suffix.lower()
    if headers.get("Content-Encoding", "identity") != "identity" and suffix not in (".gz", ".tgz"):
        raise PermanentFailure("the server compresses the file though it was asked not to")
    if headers.get("Content-Type", "").startswith("text/html") and suffix not in (".html", ".htm"):
        raise PermanentFailure("the server sent a web page instead of the file; perhaps it wants a sign-in")
    told = "Content-Length" in headers or "chunked" in headers.get("Transfer-Encoding", "").lower()
    if not told and not expected.registered:
        raise PermanentFailure("the server does not say how long the file is, and no size or checksum is registered")


def _check_range(response: httpx.Response, partial: Partial) -> None:
    """Make sure that a partial answer is the rest of the very file that we have the beginning of."""
    origin = partial.origin()
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip())
    same = (
        match
        and origin
        and int(match[1]) == partial.size
        and match[2] in ("*", str(origin.bytes))
        and response.headers.get("ETag", origin.etag) == origin.etag
    )
    if not same:
        partial.discard()
        raise TemporaryFailure("the server sent another part than the one asked for, so this starts over")


def _origin(response: httpx.Response, address: str) -> Origin:
    headers = response.headers
    length = headers.get("Content-Length", "")
    size = int(length) if length.isdecimal() else None
    return Origin(address, headers.get("ETag"), headers.get("Last-Modified"), size)


def _receive(response: httpx.Response, partial: Partial, expected: Expected, say: Callable[[str], None]) -> None:
    """Append the body to the part."""
    announced = partial.origin().bytes
    if announced is not None and expected.size not in (None, announced):
        raise TemporaryFailure(f"the server offers {announced:,} bytes where {expected.size:,} are registered")
    total = announced if expected.size is None else expected.size
    expected.check_size(total)
    _check_space(partial, (total or 0) - partial.size)
    progress = Progress(partial.target.name, partial.size, total, say)
    with partial.path.open("ab") as file:
        for chunk in response.iter_raw():
            file.write(chunk)
            progress.add(len(chunk))
            expected.check_size(progress.done)
            if total is not None and progress.done > total:
                return  # the check that follows says what is wrong; the disk need not hold more of it
    if total is not None and progress.done < total:
        raise TemporaryFailure(f"the connection ended at {progress.done:,} of {total:,} bytes")
    say(progress.line())


def _check_space(partial: Partial, needed: int) -> None:
    free = shutil.disk_usage(partial.path.parent).free
    if needed > free:
        raise PermanentFailure(f"{needed:,} bytes are needed in {partial.path.parent} and {free:,} are free")
