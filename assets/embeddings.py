"""Item vectors: title and introduction by the text encoder, pictures by the image encoder."""

from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
import numpy as np
import pandas as pd

from assets.datasets import dataset
from assets.files import atomic_file, sha256_of
from assets.home import Home
from assets.limits import GPU
from assets.partitions import BY_DATASET
from assets.steps import Output, Say, materialize

if TYPE_CHECKING:
    from models.encoders.encoder import Encoder, EncoderIdentity

TEXT_FIELDS = {"title": "title", "introduction": "description"}
"""Content field -> column of items."""


def _weights(home: Home) -> Path | None:
    return Path(home.weights) if home.weights else None


def write_vectors(home: Home, name: str, field: str, item_ids: list[str], vectors: np.ndarray, key: str) -> Path:
    """One Parquet file of (item_id, key, vector); items without the content are left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    filled = np.flatnonzero(np.any(vectors != 0, axis=1))
    flat = pa.array(np.ascontiguousarray(vectors[filled], dtype=np.float32).ravel())
    table = pa.table(
        {
            "item_id": pa.array([item_ids[row] for row in filled], pa.string()),
            "key": pa.array([key] * len(filled), pa.string()),
            "vector": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
        }
    )
    target = home.embedding(name, field)
    with atomic_file(target) as path:
        pq.write_table(table, path, compression="zstd")
    return target


def _progress(say: Say, what: str):
    def tell(done: int, total: int) -> None:
        say(f"{what}: {done:,} of {total:,}")

    return tell


def _output(files: list[Path], rows: int, encoder: "Encoder") -> Output:
    from assets.files import digest

    identity = encoder.identity
    facts = {
        "encoder": identity.name,
        "description": identity.description,
        "identity": vars(identity) | {"key": identity.key()},
    }
    return Output(digest([sha256_of(path) for path in files]), rows, files, facts)


@dg.asset(
    deps=["items"],
    group_name="embeddings",
    partitions_def=BY_DATASET,
    kinds={"pytorch", "huggingface", "parquet"},
    pool=GPU,
    code_version="1",
)
def text_embeddings(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """Vectors of titles and descriptions; which encoder made them is in their key and in the metadata."""
    name = context.partition_key

    def compute(say: Say) -> Output:
        from models.encoders.loading import text_encoder

        items = pd.read_parquet(home.table(name, "items"))
        texts = {field: items[column].fillna("").tolist() for field, column in TEXT_FIELDS.items()}
        encoder = text_encoder(home.text_encoder, _weights(home), home.device, home.threads)
        encoder.fit([text for column in texts.values() for text in column if text])
        say(f"text encoder: {encoder.identity.description}")
        ids, key = items.item_id.tolist(), encoder.identity.key()
        files = []
        for field, column in texts.items():
            vectors = encoder.encode(column, _progress(say, field))
            files.append(write_vectors(home, name, field, ids, vectors, key))
        return _output(files, len(items), encoder)

    return materialize(context, home, upstream={"items": name}, config=_asked(home, "text"), compute=compute)


@dg.asset(
    deps=["items", "images"],
    group_name="embeddings",
    partitions_def=BY_DATASET,
    kinds={"pytorch", "huggingface", "parquet"},
    pool=GPU,
    code_version="1",
)
def image_embeddings(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
    """Vectors of the pictures that were found whole; an item with several pictures has their mean."""
    name = context.partition_key

    def compute(say: Say) -> Output:
        from assets.images import files_of
        from models.encoders.loading import image_encoder

        items = pd.read_parquet(home.table(name, "items"))
        found = pd.read_parquet(home.table(name, "images")).query("status == 'found'")
        found = found[found.item_id.isin(items.item_id)]
        encoder = image_encoder(home.image_encoder, _weights(home), home.device, home.threads)
        say(f"image encoder: {encoder.identity.description}")
        vectors = encoder.encode(files_of(home, dataset(name), found), _progress(say, "pictures"))
        means = _mean_by_item(found.item_id, vectors, items.item_id, encoder.identity)
        path = write_vectors(home, name, "image", items.item_id.tolist(), means, encoder.identity.key())
        return _output([path], len(found), encoder)

    upstream = {"items": name, "images": name}
    return materialize(context, home, upstream=upstream, config=_asked(home, "image"), compute=compute)


def _mean_by_item(
    owners: pd.Series, vectors: np.ndarray, item_ids: pd.Series, identity: "EncoderIdentity"
) -> np.ndarray:
    rows = pd.Index(item_ids).get_indexer(owners)
    sums = np.zeros((len(item_ids), identity.dimension), dtype=np.float64)
    np.add.at(sums, rows, vectors)
    counts = np.bincount(rows, minlength=len(item_ids))
    return (sums / np.maximum(counts, 1)[:, None]).astype(np.float32)


def _asked(home: Home, kind: str) -> list[str | None]:
    """What decides which encoder is taken; the encoder's own key, weights included, stands in the output."""
    from models.encoders import folders, loading

    name = home.text_encoder if kind == "text" else home.image_encoder
    folder, shown = loading.locate(kind, name, _weights(home))
    return [shown, folders.revision(folder) if folder else None]
