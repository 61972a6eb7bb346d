"""Mistakes 10 and 15: vectors of other contents than the items' own, and vectors that are of an earlier state."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.embeddings import ITEM_TEXTS, PICTURES, Kind, choice, give_back_memory
from assets.files import digest
from assets.home import Home
from assets.lake import attached
from assets.manifests import Manifests
from assets.validation.facts import Check
from assets.validation.outcomes import EXAMPLES, Outcome
from assets.vectors.contents import Contents, Source, vectors_of
from assets.vectors.identities import Lazy
from assets.vectors.matrix import encoder_of, item_vectors
from assets.vectors.store import Store, locked, using
from assets.warehouse import frame
from models.encoders.choice import EncoderChoice

if TYPE_CHECKING:
    import pandas as pd

ENCODED: dict[str, tuple[Kind, list[Source]]] = {
    "text_embeddings": ("text", ITEM_TEXTS),
    "image_embeddings": ("image", PICTURES),
}
"""Assets whose vectors are looked at, with what they are made from."""
SAMPLE = 12
"""Contents that are encoded again."""
LEAST_COSINE = 0.999
"""Batches of other sizes, and bfloat16, move a vector by less."""

OWN = Check("contents_are_the_items_own", "Vectors are of titles, descriptions and pictures as items have them now, "
            "and of nothing else: their keys are computed again (mistake 10).")  # fmt: skip
CURRENT = Check("vectors_are_current", "A sample of the contents is encoded again: stored vectors, and the rows that "
                "training reads, are what the encoder says now (mistake 15).")  # fmt: skip
CHECKS = (OWN, CURRENT)


def basis(home: Home, asset: str, name: str) -> str:
    """Changes with what the outcomes depend on: the references, and the files that hold the vectors."""
    kind, sources = ENCODED[asset]
    files = [place(name, source.field) for source in sources for place in (home.embedding, home.matrix)]
    for encoder in {encoder_of(home.embedding(name, source.field)) for source in sources} - {""}:
        files += sorted(home.vectors.glob(f"*-{encoder[:16]}/*.parquet"))
    stamps = [(str(p.relative_to(home.path)), p.stat().st_size, p.stat().st_mtime_ns) for p in files if p.exists()]
    items = Manifests(home.path).require("items", name).data_version
    return digest(stamps, items, choice(home, kind).asked(), SAMPLE, LEAST_COSINE)


def find(home: Home, asset: str, name: str) -> list[Outcome]:
    """The outcomes of CHECKS."""
    kind, sources = ENCODED[asset]
    with locked(using(home.vectors), shared=True):
        return examined(home, name, choice(home, kind), sources)


def examined(home: Home, name: str, chosen: EncoderChoice, sources: list[Source]) -> list[Outcome]:
    """The outcomes of CHECKS for these contents and this encoder."""
    with attached(home, name) as connection:
        contents = Contents(connection, home, name, sources)
        if not contents.want("")[0]:
            return [Outcome(check.name, True, "there is nothing to encode") for check in CHECKS]
        encoder = Lazy(chosen, home.vectors, contents.corpus)
        key = encoder.identity.key()
        own = _own(home, name, contents, sources, key)
        contents.want(key)
        # By key, which is as good as by chance, and the same again.
        wanted = frame(connection, f"SELECT DISTINCT ON (key) * EXCLUDE (id) FROM wanted ORDER BY key LIMIT {SAMPLE}")
        store = Store.of(home.vectors, encoder.identity)
        stored = frame(connection, f"SELECT key, vector FROM {vectors_of(store.files())} WHERE key IN (SELECT "
                                   "unnest($keys))", {"keys": wanted.key.tolist()}).set_index("key").vector  # fmt: skip
    fresh = encoder.get().encode(_contents(wanted))
    del encoder
    give_back_memory()
    return [own, _current(home, name, sources, wanted.key.tolist(), fresh, stored)]


def _contents(wanted: pd.DataFrame) -> list[Any]:
    if "text" in wanted:
        return wanted.text.tolist()
    from models.encoders.pictures import PictureFile

    return [PictureFile(Path(path), sha256) for path, sha256 in zip(wanted.path, wanted.sha256, strict=True)]


def _own(home: Home, name: str, contents: Contents, sources: list[Source], key: str) -> Outcome:
    """The references that were kept against those that the items give now."""
    import pandas as pd

    bad, rows, hashes = [], 0, {}
    for source in sources:
        with tempfile.TemporaryDirectory(prefix="trifuse-") as folder:
            contents.write_references(source, key, Path(folder) / "now.parquet")
            now = pd.read_parquet(Path(folder) / "now.parquet").astype(object)  # else two empty tables cannot be merged
        kept = pd.read_parquet(home.embedding(name, source.field)).astype(object)
        both = kept.merge(now, "outer", indicator="side")
        sides = both.side.map({"left_only": "kept", "right_only": "of the items now"})
        differing = both.assign(side=sides)[both.side != "both"].astype(str)
        bad += [{"field": source.field, **row} for row in differing.to_dict("records")]
        rows, hashes = rows + len(now), hashes | {source.field: digest(now.key.tolist())}
    said = f"{len(bad):,} of {rows:,} contents are not the items'" if bad else f"{rows:,} contents are the items'"
    return Outcome(OWN.name, not bad, said, rows, len(bad), examples=bad[:EXAMPLES], measured={"hash_of_keys": hashes})


def _current(
    home: Home, name: str, sources: list[Source], keys: list[str], fresh: np.ndarray, stored: pd.Series
) -> Outcome:
    bad, lowest, compared = [], 1.0, 0
    for at, (key, vector) in enumerate(zip(keys, fresh, strict=True)):
        places = {"vectors": stored[key]} if key in stored.index else {}
        if not places:
            bad.append({"key": key, "where": "there is no vector of this content"})
        places |= _laid(home, name, sources, key)
        for where, found in places.items():
            likeness = _cosine(vector, np.asarray(found, np.float32))
            compared, lowest = compared + 1, min(lowest, likeness)
            if likeness < LEAST_COSINE:
                bad.append({"key": key, "content": at, "where": where, "cosine": likeness})
    holds = f"{compared} vectors are what the encoder says now"
    fails = f"{len(bad)} of {compared} vectors are not what the encoder says now: delete them, and materialize again"
    said = fails if bad else holds
    return Outcome(CURRENT.name, not bad, said, compared, len(bad), observed=lowest, examples=bad[:EXAMPLES])


def _laid(home: Home, name: str, sources: list[Source], key: str) -> dict[str, np.ndarray]:
    """The rows that training reads of items whose only content this is."""
    import pandas as pd

    items, found = pd.read_parquet(home.table(name, "items"), columns=["item_id"]).item_id, {}
    for source in sources:
        references = pd.read_parquet(home.embedding(name, source.field), columns=["item_id", "key"])
        alone = references[~references.item_id.duplicated(keep=False)]
        owners = alone.item_id[alone.key == key]
        if len(owners) and home.matrix(name, source.field).exists():
            row = int(np.flatnonzero(items == owners.iloc[0])[0])
            found[f"{source.field} of {owners.iloc[0]}"] = np.array(item_vectors(home, name, source.field)[row])
    return found


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return float(one @ other / lengths) if lengths else float(np.array_equal(one, other))
