"""Partitions built from the registries: by dataset, and by dataset and model, sentiment model, study or protocol."""

from __future__ import annotations

import warnings

import dagster as dg

from assets.datasets import datasets
from assets.studies.declared import STUDIES
from models.registry import RECOMMENDERS
from models.sentiment.registry import SENTIMENT
from models.splits import PROTOCOLS

# The mapping below is marked as beta; Dagster is pinned, so it cannot change unseen.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

BY_DATASET = dg.StaticPartitionsDefinition(list(datasets()))
BY_DATASET_AND_MODEL = dg.MultiPartitionsDefinition(
    {"dataset": BY_DATASET, "model": dg.StaticPartitionsDefinition(list(RECOMMENDERS))}
)
BY_DATASET_AND_SENTIMENT = dg.MultiPartitionsDefinition(
    {"dataset": BY_DATASET, "model": dg.StaticPartitionsDefinition(list(SENTIMENT))}
)
BY_DATASET_AND_STUDY = dg.MultiPartitionsDefinition(
    {"dataset": BY_DATASET, "study": dg.StaticPartitionsDefinition(list(STUDIES))}
)
BY_DATASET_AND_PROTOCOL = dg.MultiPartitionsDefinition(
    {"dataset": BY_DATASET, "protocol": dg.StaticPartitionsDefinition(list(PROTOCOLS))}
)
DATASET_OF_CELL = dg.MultiToSingleDimensionPartitionMapping("dataset")
