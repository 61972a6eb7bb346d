"""What a downloaded file must be, as far as it is registered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from assets.web.retries import PermanentFailure


class TooLarge(PermanentFailure):
    """More bytes than a file may have."""


@dataclass(frozen=True)
class Expected:
    """Checksums in hexadecimal and the size in bytes; None where nobody registered it. most: bytes that it may have."""

    sha256: str | None = None
    md5: str | None = None
    size: int | None = None
    most: int | None = None

    @property
    def registered(self) -> bool:
        """Whether it can be told from these that a file is whole."""
        return self.size is not None or bool(self.checksums)

    def check_size(self, size: int | None) -> None:
        """Raises TooLarge for a file of so many bytes, if that is more than it may have."""
        if self.most is not None and size is not None and size > self.most:
            raise TooLarge(f"it has {size:,} bytes or more; the limit is {self.most:,}")

    @property
    def checksums(self) -> dict[str, str]:
        """Name of the algorithm -> registered value."""
        return {name: value.lower() for name in ("sha256", "md5") if (value := getattr(self, name))}

    def mismatch(self, path: Path) -> str | None:
        """What is wrong with a file, as a readable clause; None if nothing is."""
        size = path.stat().st_size
        if self.size not in (None, size):
            return f"it has {size:,} bytes where {self.size:,} are registered"
        for name, value in self.checksums.items():
            with path.open("rb") as file:
                found = hashlib.file_digest(file, name).hexdigest()
            if found != value:
                return f"its {name} is {found} where {value} is registered"
        return None
