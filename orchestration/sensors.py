"""The sensor that evaluates the automation conditions of `policies.py`; on by default, unlike Dagster's own."""

from __future__ import annotations

import dagster as dg

follow_changes = dg.AutomationConditionSensorDefinition(
    "follow_changes",
    target=dg.AssetSelection.all(),
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Retrains, evaluates, reports and publishes when data or code has changed.",
)
