"""What a downloaded file must be, as far as it is registered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Expected:
    """Checksums in hexadecimal and the size in bytes; None where nobody registered it."""

    sha256: str | None = None
    md5: str | None = None
    size: int | None = None

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
