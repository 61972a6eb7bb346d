"""Facts about whole tables, as data: each is a query in `sql/checks/` that sees the tables it reads as views.

Either it returns the rows that break the rule, none being good, or one row whose column `share` is held against a
limit (NULL: nothing to measure). `sql_checks.py` runs them.
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.warehouse import sql


@dataclass(frozen=True)
class Fact:
    """One check. asset: whose check it is. reads: the tables its query needs, first the one whose rows are counted.

    at_least, at_most: limits of the measured share, from 0 to 1. blocking: a failure stops what is downstream.
    """

    name: str
    asset: str
    reads: tuple[str, ...]
    description: str
    blocking: bool = True
    at_least: float | None = None
    at_most: float | None = None

    @property
    def query(self) -> str:
        """The text of `sql/checks/<name>.sql`."""
        return sql(f"checks/{self.name}")

    @property
    def measures(self) -> bool:
        """Whether the query returns a share instead of violations."""
        return self.at_least is not None or self.at_most is not None


# A fact stands at the asset that is made last of those it reads, so that a blocking check sees all of them.
# `interactions` and `images` come before `users` and `items`; `reviews` waits for both (WAITS_FOR in checks.py).
FACTS = (
    Fact("audit_sums", "staged_records", ("ingest_audit",),
         "Of every file: rows read = loaded + rejected + duplicate."),
    Fact("rejects_listed", "staged_records", ("ingest_audit", "rejects"),
         "Of every file: as many rejects are listed, with a reason, as were counted."),
    Fact("ratings_staged", "staged_records", ("ingest_audit",),
         "As many ratings are staged as the rating files' audits say were loaded, and at least one."),
    Fact("reject_rate", "staged_records", ("ingest_audit",),
         "At most 5% of all rows read are rejected.", at_most=0.05),
    Fact("interaction_keys", "interactions", ("interactions",), "One rating per user and item."),
    Fact("interactions_present", "interactions", ("interactions",), "There is at least one interaction."),
    Fact("interactions_past", "interactions", ("interactions",), "No interaction lies in the future."),
    Fact("time_coverage", "interactions", ("interactions",),
         "Nearly all interactions have a time; without, a split by time is refused.", blocking=False, at_least=0.999),
    Fact("image_keys", "images", ("images",), "One row per item and picture."),
    Fact("found_images", "images", ("images",), "A found picture has path, SHA-256, width, height and size."),
    Fact("unusable_images", "images", ("images",), "A picture that cannot be used has a reason."),
    Fact("repeated_images", "images", ("images",),
         "Few items share a picture byte for byte with another; else it is a placeholder.",
         blocking=False, at_most=0.1),
    Fact("user_keys", "users", ("users",), "One row per user."),
    Fact("user_counts", "users", ("users", "interactions"), "A user's count of interactions is right."),
    Fact("interactions_have_users", "users", ("interactions", "users"), "Whoever rated is a user."),
    Fact("item_keys", "items", ("items",), "One row per item."),
    Fact("item_flags", "items", ("items", "images"), "has_text and has_image say what is there."),
    Fact("item_categories", "items", ("items",), "No category is NULL or without a name."),
    Fact("interactions_have_items", "items", ("interactions", "items"), "Whatever was rated is an item."),
    Fact("images_have_items", "items", ("images", "items"), "Whatever is pictured is an item."),
    Fact("text_coverage", "items", ("items",),
         "At least 90% of the items have a description; the others are known to text models by title only, if at all.",
         blocking=False, at_least=0.9),
    Fact("image_coverage", "items", ("items",), "At least 80% of the items have a usable picture.",
         blocking=False, at_least=0.8),
    Fact("review_keys", "reviews", ("reviews",), "One row per review."),
    Fact("reviews_written", "reviews", ("reviews",), "A review has a title or a text."),
    Fact("reviews_have_users", "reviews", ("reviews", "users"), "Whoever reviewed is a user."),
    Fact("reviews_have_items", "reviews", ("reviews", "items"), "Whatever was reviewed is an item."),
    Fact("fold_rows", "folds", ("folds", "interactions"),
         "Under every protocol and seed, every interaction has a fold."),
    Fact("fold_values", "folds", ("folds",), "A fold is train (0), valid (1) or test (2)."),
    Fact("fold_parts", "folds", ("folds",),
         "Under every protocol and seed, there is something to train on and to test."),
)  # fmt: skip
