"""Which studies there are, and which trainings each is made of. Read by the command line: nothing heavy here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from assets.datasets import datasets
from assets.studies.changes import UNCHANGED, Change

FIRST_VARIANT = {"poster-transformer": "cro", "mu": "cro"}
"""The variant that is changed and compared with, of models that have names for it; of the others it is ''."""
CROSS = "cross-dataset"
OF_REVIEWS = "sentiment"
"""The study that makes no sense where nobody wrote anything."""


@dataclass(frozen=True)
class Variation:
    """One training of a study. variant: as in `metrics`; without a change it is one that the model has of itself."""

    model: str
    variant: str
    change: Change = UNCHANGED


@dataclass(frozen=True)
class Study:
    """Variations of some models, each to be compared with the model as it is.

    axis: what a curve over the numbers in the variants' names is drawn over, '' where there is no curve to draw;
    reference_at: where the unchanged model stands on it, None where it has no place there. log: a logarithmic axis.
    not_under: kinds of splits under which the study makes no sense. note: what a reader of the results must know.
    """

    name: str
    description: str
    variations: tuple[Variation, ...]
    axis: str = ""
    reference_at: float | None = None
    log: bool = False
    not_under: tuple[str, ...] = ()
    note: str = ""

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are varied, in order."""
        return tuple(dict.fromkeys(variation.model for variation in self.variations))

    def of(self, dataset: str) -> tuple[Variation, ...]:
        """Each model as it is, then its variations on that dataset."""
        every = [Variation(model, reference(model)) for model in self.models]
        return (*every, *(one for one in self.variations if one.change.other in ("", datasets()[dataset].partner)))


def reference(model: str) -> str:
    """The variant of a model that its variations are compared with."""
    return FIRST_VARIANT.get(model, "")


def _changed(model: str, variants: dict[str, dict]) -> list[Variation]:
    return [Variation(model, name, Change(base=reference(model), **fields)) for name, fields in variants.items()]


def _configured(model: str, field: str, label: str, values: Iterable, **fixed) -> list[Variation]:
    """One variation for each value of a field of the configuration. fixed: further fields."""
    wanted = {f"{label}={value}": {"parameters": ((field, value), *fixed.items())} for value in values}
    return _changed(model, wanted)


def _knocked_out(model: str, names: Iterable[str]) -> list[Variation]:
    return _changed(model, {name: {"knock_out": name} for name in names})


def _ablation() -> tuple[Variation, ...]:
    return (
        Variation("poster-transformer", "sin"), *_knocked_out("poster-transformer", ("no-text", "no-structure")),
        Variation("mu", "sin"), *_knocked_out("mu", ("no-text", "no-structure")),
        *(Variation("jiang", name) for name in ("no-image", "no-text", "no-structure")),
        *_knocked_out("bert-cnn-mlp", ("no-image", "no-text")),
        *_changed("bert-cnn-mlp", {"no-behaviour": {"parameters": (("behaviour", False),)}}),
        *(Variation("bert-cnn-mlp", f"{name}-only") for name in ("text", "image", "behaviour")),
        *_knocked_out("hybrid-fusion", ("no-image", "no-text", "no-audio", "no-video")),
    )  # fmt: skip


def _sentiment() -> tuple[Variation, ...]:
    fusions = ("bert-cnn-mlp", "early-fusion", "hybrid-fusion", "late-average", "late-stack")
    return (
        *(v for model in fusions for v in _knocked_out(model, ("no-sentiment",))),
        *_knocked_out("early-fusion", ("shuffled-sentiment",)),
        *(
            v
            for model in ("item-cf", "user-cf", "content")
            for v in _changed(model, {"sentiment": {"sentiment": True}})
        ),
    )


def _cross_dataset() -> tuple[Variation, ...]:
    found = []
    for other in dict.fromkeys(about.partner for about in datasets().values() if about.partner):
        for model in ("bias", "bert-cnn-mlp"):
            there = {"other": other}
            found += _changed(model, {f"mixed-with={other}": there})
            found += _changed(model, {f"trained-on={other}": there | {"instead": True}})
    return tuple(found)


SHARES = {f"train={percent}%": {"train_share": percent / 100} for percent in (10, 25, 50)}

STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        Study(
            "ablation", "multimodal models with each modality removed: text, image, audio, video, structure, behaviour",
            _ablation(),
        ),
        Study(
            "knock-outs", "the poster transformer without posters, and with shuffled and with Gaussian posters and "
            "texts instead of the real ones: what is worth more than these is worth something",
            (Variation("poster-transformer", "sin"),
             *_knocked_out("poster-transformer", [f"{how}-{of}" for of in ("image", "text")
                                                  for how in ("shuffled", "gaussian")])),
            note="Shuffled: the vectors are dealt to the items anew. Gaussian: noise in vectors of the same length. "
            "Both leave a model as many numbers to learn from as it had.",
        ),
        Study(
            OF_REVIEWS, "fusion models without the sentiment of reviews, and collaborative filtering and content with "
            "it (alexander2024 section 3.3)",
            _sentiment(),
            note="Each train review is judged by its words, by one who has read nothing else of its user, and by one "
            "who has read nothing else of its item, so that no stars are repeated. `sentiment`: a model that does not "
            "ask for it of itself is told of it. `no-sentiment`: one that does is not.",
        ),
        Study(
            "learning-rate", "the poster transformer at the learning rates of xia2024, Table 3",
            tuple(_configured("poster-transformer", "learning_rate", "lr", (0.001, 0.0005, 0.0001))),
            axis="learning rate", log=True,
        ),
        Study(
            "decay", "learning rate / (1 + decay * epoch), alexander2024 section 4.6, instead of half a cosine",
            tuple(_configured("bert-cnn-mlp", "decay_rate", "decay", (0, 0.1, 0.5, 1), schedule="inverse")),
            axis="decay rate",
        ),
        Study(
            "batch-schedule", "the batch-size formula of alexander2024 section 4.6 as written, and one that grows",
            tuple(_configured("bert-cnn-mlp", "batch_schedule", "batch", ("alexander2024", "growing"))),
            note="The paper writes: new batch size = initial batch size * epoch / (epoch + 1), “to gradually increase "
            "the batch size”. By this formula the batch is half of the initial one in epoch 1 and nears it from below: "
            "it never grows beyond the initial size, as the text claims. `batch=growing` multiplies by the epoch.",
        ),
        Study(
            "batch-size", "ratings a step: the 64 of alexander2024 section 4.2, and others (section 4.5.1)",
            tuple(_configured("bert-cnn-mlp", "batch_size", "batch", (64, 128, 256, 1024))),
            axis="ratings a step", reference_at=512, log=True,
        ),
        Study(
            "step-size", "the fusion network at other learning rates than alexander2024's 0.001 (section 4.5.1)",
            tuple(_configured("bert-cnn-mlp", "learning_rate", "lr", (0.01, 0.003, 0.0003, 0.0001))),
            axis="learning rate", reference_at=0.001, log=True,
        ),
        Study(
            "depth", "one to four hidden layers, alexander2024 section 4.6",
            tuple(_configured("bert-cnn-mlp", "hidden_layers", "layers", (2, 3, 4))),
            axis="hidden layers", reference_at=1,
        ),
        Study(
            "data-size", "10, 25 and 50% of the train fold, drawn at random, the smaller part of the larger",
            tuple(v for model in ("svd", "poster-transformer", "bert-cnn-mlp") for v in _changed(model, SHARES)),
            axis="% of the train fold", reference_at=100,
        ),
        Study(
            CROSS, "trained on another dataset and tested on this one, and trained on both (see `partner` in "
            "datasets.toml)", _cross_dataset(), not_under=("time",),
            note="Both datasets stand in one space of users and items: items of the same title and year are one, users "
            "are strangers to one another. `trained-on` sees no rating of this dataset, so that of its users only "
            "their attributes are known. `mixed-with` has this dataset's train fold and all ratings of the other.",
        ),
    )
}  # fmt: skip
"""Cold items are a protocol and no study: `knock-outs` under `cold-item` tells what content is worth there."""


@cache
def _study_of() -> dict[tuple[str, str], str]:
    changed = [(v.model, v.variant, s.name) for s in STUDIES.values() for v in s.variations if v.change != UNCHANGED]
    return {(model, variant): name for model, variant, name in changed}


def study_of(model: str, variant: str) -> str:
    """The study that a variant belongs to, '' where it is one that the model has of itself, or unknown."""
    return _study_of().get((model, variant), "")
