"""Downloads that end with a whole, verified file or a clear error, however often the connection drops."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import tenacity

from assets.files import sha256_of
from assets.web.addresses import RefusedAddress, client
from assets.web.agent import user_agent
from assets.web.expected import Expected
from assets.web.partial import Busy, Origin, Partial
from assets.web.retries import Patience, PermanentFailure, TemporaryFailure
from assets.web.transfer import transfer

_TIMEOUT = httpx.Timeout(60, connect=30)
_FRUITFUL = 2**20
"""Bytes beyond all that any try had before; a try that brings them does not count as one in vain."""


class DownloadError(RuntimeError):
    """A file that was not downloaded: its address, what happened, how many tries, and what to do by hand."""


@dataclass(frozen=True)
class Fetched:
    """A whole file. resumed_from: bytes that the last request did not have to ask for again.

    unchanged: the file was there already, and nothing was downloaded.
    """

    path: Path
    bytes: int
    sha256: str
    etag: str | None = None
    last_modified: str | None = None
    resumed_from: int = 0
    unchanged: bool = False


def download(
    address: str,
    target: Path,
    *,
    sha256: str | None = None,
    md5: str | None = None,
    size: int | None = None,
    most: int | None = None,
    allow_hosts: frozenset[str] = frozenset(),
    say: Callable[[str], None] = print,
    tries: int = 6,
    patience: Patience = Patience(),  # noqa: B008 - it is frozen
) -> Fetched:
    """Download `address` to `target`, going on where an earlier download of it stopped.

    sha256, md5 (hexadecimal), size (bytes): what the file must be; most: bytes that it may have. The final name is
    given to nothing else. A file that is there and has the checksum is not asked for again; without a checksum the
    server is asked if it changed.
    say: takes lines of progress. tries: how many in a row may fail without bringing anything new.
    Raises DownloadError.
    """
    expected, partial = Expected(sha256, md5, size, most), Partial(target, address)
    if expected.checksums and target.exists() and expected.mismatch(target) is None:
        return Fetched(target, target.stat().st_size, sha256_of(target), unchanged=True)
    headers = {"User-Agent": user_agent(), "Accept-Encoding": "identity"}  # lengths and ranges are of the file itself
    with client(allow_hosts, headers=headers, timeout=_TIMEOUT, follow_redirects=True) as web:
        work = _Download(web, partial, expected, say, tries, patience)
        try:
            with partial.alone():
                return work.run()
        except (TemporaryFailure, PermanentFailure, RefusedAddress, Busy, OSError) as error:
            raise DownloadError(_message(partial, error, work.tried)) from error


def _message(partial: Partial, error: Exception, tried: int) -> str:
    shown = re.sub(r"//[^/]*@", "//", partial.address.partition("?")[0])  # a password or a key stays a secret
    return (
        f"{shown} was not downloaded: {error} ({tried} {'try' if tried == 1 else 'tries'}). "
        f"Run it again later, or get the file by hand and put it at {partial.target}."
    )


class _Download:
    """The tries for one file."""

    def __init__(
        self,
        web: httpx.Client,
        partial: Partial,
        expected: Expected,
        say: Callable[[str], None],
        tries: int,
        patience: Patience,
    ) -> None:
        self.web, self.partial, self.expected, self.say = web, partial, expected, say
        self.tries, self.patience = tries, patience
        self.tried = self.in_vain = self.mismatches = 0
        self.most_bytes = partial.size

    def run(self) -> Fetched:
        """Try until it succeeds, fails for good, or has failed too often in a row."""
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(TemporaryFailure),
            stop=lambda state: self.in_vain >= self.tries,
            wait=self._wait,
            before_sleep=self._tell,
            reraise=True,
        )(self._try)

    def _try(self) -> Fetched:
        self.tried += 1
        try:
            start = transfer(self.web, self.partial, self.expected, self.say)
        except httpx.TransportError as error:
            raise TemporaryFailure(f"{type(error).__name__}: {error}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PermanentFailure(str(error)) from error
        finally:
            self._count()
        return self._unchanged() if start is None else self._finish(start)

    def _count(self) -> None:
        fruitful = self.partial.size >= self.most_bytes + _FRUITFUL
        self.in_vain = 0 if fruitful else self.in_vain + 1
        self.most_bytes = max(self.most_bytes, self.partial.size)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        asked = state.outcome.exception().after
        if asked > self.patience.longest_asked:
            raise PermanentFailure(f"{state.outcome.exception()} and asks to wait {asked:,.0f} s")
        return self.patience.seconds(max(self.in_vain, 1), asked)

    def _tell(self, state: tenacity.RetryCallState) -> None:
        seconds = f"{state.next_action.sleep:.0f} s"
        self.say(f"{self.partial.target.name}: {state.outcome.exception()}; trying again in {seconds}")

    def _unchanged(self) -> Fetched:
        return self._fetched(self.partial.origin(), unchanged=True)

    def _finish(self, start: int) -> Fetched:
        """Verify the whole file, then give it its name. A wrong one is removed and fetched once more from the start."""
        wrong = self.expected.mismatch(self.partial.path)
        if wrong is None:
            return self._fetched(self.partial.finish(), resumed_from=start)
        self.partial.discard()
        self.mismatches += 1
        what = f"the file that came is not the registered one: {wrong}"
        raise TemporaryFailure(what) if self.mismatches == 1 else PermanentFailure(what)

    def _fetched(self, origin: Origin, **facts: int) -> Fetched:
        path = self.partial.target
        return Fetched(path, path.stat().st_size, origin.sha256, origin.etag, origin.last_modified, **facts)
