"""What encoders of sound and of video share: files in, one vector each, a few files at a time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from models.encoders.encoder import Advance, Encoder, Progress, silent, still, throttled
from models.encoders.media import MediaError, Source

AT_ONCE = 8
"""Files that are decoded and encoded together."""


class ClipEncoder(Encoder):
    """Turns media files into vectors.

    Raises MediaError for a file that cannot be used, naming it: `decoding.inspect` files first, and pass only those
    found to have what is encoded.
    """

    def encode(self, files: Sequence[Source], progress: Progress = silent) -> np.ndarray:
        """float32 [len(files), d], row i for files[i]."""
        done, tell = 0, throttled(progress)

        def advance(more: int) -> None:
            nonlocal done
            done += more
            tell(done, len(files))

        return next(self.stream([files], advance))

    def stream(self, shards: Iterable[Sequence[Source]], advance: Advance = still) -> Iterator[np.ndarray]:
        """float32 [len(shard), d] of one shard after the other; told of every few files. See Encoder."""
        for shard in shards:
            made = [np.zeros((0, self.dimension), np.float32)]
            for start in range(0, len(shard), AT_ONCE):
                some = shard[start : start + AT_ONCE]
                made.append(self._vectors(some))
                advance(len(some))
            yield np.concatenate(made).astype(np.float32, copy=False)

    @abstractmethod
    def _vectors(self, files: Sequence[Source]) -> np.ndarray:
        """float32 [len(files), d]."""


def named(file: Source, error: MediaError) -> MediaError:
    """The same error, naming its file."""
    return MediaError(error.status, f"{file}: {error.reason}")
