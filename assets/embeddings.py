"""Vectors of all contents: titles, descriptions, pictures, sound, video, reviews and users' profiles."""

from pathlib import Path
from typing import Any, Literal

import dagster as dg

from assets.files import digest
from assets.home import Home
from assets.lake import publish_warehouse
from assets.limits import GPU
from assets.partitions import BY_DATASET
from assets.steps import Output, Say, hashed, materialize
from assets.vectors.contents import Source
from assets.vectors.engine import Encoded, encode, give_back_memory
from assets.vectors.matrix import write_matrix
from assets.vectors.store import Store, locked, using
from assets.warehouse import sql
from models.encoders.choice import EncoderChoice

ITEM_TEXTS = [
    Source("title", "text", "SELECT {'item_id': item_id} AS id, title AS text FROM items"),
    Source("introduction", "text", "SELECT {'item_id': item_id} AS id, description AS text FROM items"),
]
SOUND = [Source("audio", "audio", sql("embeddings/clips").replace("$kind", "audio"))]
VIDEO = [Source("video", "video", sql("embeddings/clips").replace("$kind", "video"))]
PICTURES = [Source("image", "image", sql("embeddings/pictures"))]
REVIEWS = [
    Source(
        "review", "text", "SELECT {'review_id': review_id} AS id, concat_ws(chr(10), title, text) AS text FROM reviews"
    )
]
PROFILES = [Source("profile", "text", sql("embeddings/profiles"))]
PLOTTED = ("encoded", "from_cache", "items_per_second", "padding_share", "gpu_utilization")
"""Facts that stand in the metadata by themselves too: the UI plots them over time."""


Kind = Literal["text", "image", "audio", "video"]


def choice(home: Home, kind: Kind) -> EncoderChoice:
    """The encoder that the environment asks for."""
    common = {"weights": home.weights, "device": home.device, "threads": home.threads}
    if kind == "audio":
        return EncoderChoice("audio", home.audio_encoder, **common)
    if kind != "text":
        frames = {"sampling": home.video_sampling, "frames": home.video_frames} if kind == "video" else {}
        return EncoderChoice(kind, home.image_encoder, precision=home.image_precision, **frames, **common)
    return EncoderChoice(
        "text", home.text_encoder, precision=home.text_precision, pooling=home.text_pooling, prefix=home.text_prefix,
        long_texts=home.long_texts, **common,
    )  # fmt: skip


def _embeddings(
    name: str, description: str, kind: Kind, upstream: list[str], sources: list[Source],
    of_items: bool = False,
) -> dg.AssetsDefinition:  # fmt: skip
    @dg.asset(
        name=name,
        description=description,
        deps=upstream,
        group_name="embeddings",
        partitions_def=BY_DATASET,
        kinds={"pytorch", "huggingface", "parquet"},
        pool=GPU,
        code_version="2",
    )
    def asset(context: dg.AssetExecutionContext, home: Home) -> dg.MaterializeResult:
        dataset, chosen = context.partition_key, choice(home, kind)
        return materialize(
            context,
            home,
            upstream=dict.fromkeys(upstream, dataset),
            config=[chosen.asked(), [source.query for source in sources]],
            compute=lambda say: embedded(home, dataset, chosen, sources, of_items, say),
        )

    return asset


def embedded(
    home: Home, dataset: str, chosen: EncoderChoice, sources: list[Source], of_items: bool, say: Say
) -> Output:
    """Encode what is new, write which content has which vector, and lay item vectors out for training."""
    with locked(using(home.vectors), shared=True):
        encoded = encode(home, dataset, chosen, sources, say)
        give_back_memory()  # the encoder is gone; what follows then adds nothing to the peak
        laid = _laid(home, dataset, sources, encoded.store) if of_items else []
    publish_warehouse(home)
    # A key decides its vector, so the references alone say what was made.
    references = hashed(*(home.embedding(dataset, source.field) for source in sources))
    files = [*references, *laid, *([encoded.store.folder] if encoded.store else [])]
    return Output(digest([*references.values()]), encoded.rows, files, _facts(encoded), hashes=references)


def _laid(home: Home, dataset: str, sources: list[Source], store: Store | None) -> list[Path]:
    """The matrices of item fields; of sound and video, which most datasets lack, only where there is any."""
    kept = [source for source in sources if store or source.kind in ("text", "image")]
    for source in sources:
        if source not in kept:
            home.matrix(dataset, source.field).unlink(missing_ok=True)  # of media that are gone
    return [write_matrix(home, dataset, source.field, store) for source in kept]


def _facts(encoded: Encoded) -> dict[str, Any]:
    identity = encoded.identity
    about = {}
    if identity:
        about = {"encoder": identity.name, "description": identity.description}
        about |= {"identity": vars(identity) | {"key": identity.key()}}
    plotted = {name: encoded.facts.get(name) for name in PLOTTED}
    return about | {"engine": encoded.facts} | plotted


text_embeddings = _embeddings(
    "text_embeddings",
    "Vectors of titles and descriptions; each text is encoded once, whatever dataset it stands in.",
    "text", ["items"], ITEM_TEXTS, of_items=True,
)  # fmt: skip
image_embeddings = _embeddings(
    "image_embeddings",
    "Vectors of the pictures that were found whole; an item with several pictures has their mean.",
    "image", ["items", "images"], PICTURES, of_items=True,
)  # fmt: skip
audio_embeddings = _embeddings(
    "audio_embeddings",
    "Vectors of the sound of media files, with or without pictures; an item with several has their mean.",
    "audio", ["items", "media"], SOUND, of_items=True,
)  # fmt: skip
video_embeddings = _embeddings(
    "video_embeddings",
    "Vectors of films: sampled frames through the image encoder, pooled with attention; of several, their mean.",
    "video", ["items", "media"], VIDEO, of_items=True,
)  # fmt: skip
review_embeddings = _embeddings("review_embeddings", "Vectors of every written review.", "text", ["reviews"], REVIEWS)
user_embeddings = _embeddings(
    "user_embeddings", "Vectors of what a dataset tells of its users, in words.", "text", ["users"], PROFILES
)
