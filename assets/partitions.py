"""Partitions built from the registries: by dataset, and by dataset and model, sentiment model or study."""

from __future__ import annotations

import warnings

import dagster as dg

from assets.datasets import datasets
from assets.studies.declared import STUDIES
from models.registry import RECOMMENDERS
from models.sentiment.registry import SENTIMENT

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
DATASET_OF_CELL = dg.MultiToSingleDimensionPartitionMapping("dataset")
