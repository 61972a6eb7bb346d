"""Facts about whole tables, as data: each is a query in `sql/checks/` that sees the tables it reads as views.

Either it returns the rows that break the rule, none being good, or one row whose column `share` is held against the
limit of the fact's name in `thresholds.toml` (NULL: nothing to measure). `sql_checks.py` runs them.
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.warehouse import sql


@dataclass(frozen=True)
class Check:
    """What Dagster is told of a check that is no expectation and no query. blocking: see Fact."""

    name: str
    description: str
    blocking: bool = True


@dataclass(frozen=True)
class Fact:
    """One check. asset: whose check it is. reads: the tables its query needs, first the one whose rows are counted.

    blocking: a failure stops what is downstream. measured: the query returns a share, not violations. file: its query,
    where not of its own name. source: the only one it applies to. optional: passes where what it reads is not there.
    """

    name: str
    asset: str
    reads: tuple[str, ...]
    description: str
    blocking: bool = True
    measured: bool = False
    file: str = ""
    source: str = ""
    optional: bool = False

    @property
    def query(self) -> str:
        """The text of its query."""
        return sql(f"checks/{self.file or self.name}")


def share(name: str, asset: str, table: str, description: str, source: str = "", reads: tuple[str, ...] = ()) -> Fact:
    """A measured share that warns and stops nothing. reads: tables besides `table`."""
    return Fact(name, asset, (table, *reads), description, blocking=False, measured=True, source=source)


def staged(table: str, description: str) -> Fact:
    """What holds for a staging table; a dataset need not have it."""
    return Fact(f"staged_{table}", "staged_records", (table,), description, optional=True)


# A fact stands at the asset that is made last of those it reads, so that a blocking check sees all of them.
# `interactions` and `images` come before `users` and `items`; `reviews` waits for both (WAITS_FOR in checks.py).
FACTS = (
    Fact("audit_sums", "staged_records", ("ingest_audit",),
         "Of every file: rows read = loaded + rejected + duplicate."),
    Fact("rejects_listed", "staged_records", ("ingest_audit", "rejects"),
         "Of every file: as many rejects are listed as were counted."),
    Fact("rejects_explained", "staged_records", ("rejects",), "A reject has a file, a line and a reason."),
    Fact("ratings_staged", "staged_records", ("ingest_audit",),
         "As many ratings are staged as the rating files' audits say were loaded, and at least one."),
    Fact("reject_rate", "staged_records", ("ingest_audit", "rejects"),
         "No file is too dirty to go on: of each, few records are rejected. What only points at something that no "
         "file describes is not dirt, except in the files of ratings.", measured=True),
    Fact("reject_rate_usual", "staged_records", ("ingest_audit", "rejects"),
         "No file is dirtier than real sources usually are.", blocking=False, measured=True, file="reject_rate"),
    staged("people", "A person is staged once, from a line of a file."),
    staged("products", "A product is staged once, from a line of a file."),
    staged("ratings", "A line of a file is staged once."),
    staged("pictures", "A picture of an item is staged once, from a line of a file."),
    Fact("interaction_keys", "interactions", ("interactions",), "One rating per user and item."),
    Fact("interactions_present", "interactions", ("interactions",), "There is at least one interaction."),
    Fact("interactions_past", "interactions", ("interactions",), "No interaction lies in the future."),
    Fact("filters_counted", "interactions", ("interactions", "ratings"),
         "No filter changes the task: of the staged ratings only earlier ones of the same user and item are left out.",
         measured=True),
    share("time_coverage", "interactions", "interactions", "Nearly all interactions have a time."),
    Fact("image_keys", "images", ("images",), "One row per item and picture."),
    Fact("found_images", "images", ("images",), "A found picture has path, SHA-256, width, height and size."),
    Fact("unusable_images", "images", ("images",), "A picture that cannot be used has a reason."),
    share("repeated_images", "images", "images", "Few items share a picture byte for byte with another."),
    Fact("user_keys", "users", ("users",), "One row per user."),
    Fact("user_counts", "users", ("users", "interactions"), "A user's count of interactions is right."),
    Fact("interactions_have_users", "users", ("interactions", "users"), "Whoever rated is a user."),
    share("usual_attributes", "users", "users",
          "MovieLens users' ages, genders and occupations are those of the READMEs.", "movielens"),
    Fact("item_keys", "items", ("items",), "One row per item."),
    Fact("item_flags", "items", ("items", "images"), "has_text and has_image say what is there."),
    Fact("item_categories", "items", ("items",), "No category is NULL or without a name."),
    Fact("item_text_without_reviews", "items", ("items", "reviews"),
         "No review stands in the description of what it reviews: features must not know the answer.", optional=True),
    Fact("interactions_have_items", "items", ("interactions", "items"), "Whatever was rated is an item."),
    Fact("images_have_items", "items", ("images", "items"), "Whatever is pictured is an item."),
    share("text_coverage", "items", "items", "Most items have a description."),
    share("image_coverage", "items", "items", "Most items have a usable picture."),
    share("known_genres", "items", "items", "MovieLens genres are those of the README.", "movielens"),
    share("located_places", "items", "items", "Yelp businesses have a city and a state.", "yelp"),
    Fact("media_keys", "media", ("media",), "One row per item, media file and kind."),
    Fact("found_media", "media", ("media",), "A found media file has kind, path, SHA-256, seconds and size."),
    Fact("unusable_media", "media", ("media",), "A media file that cannot be used has a reason."),
    Fact("media_have_items", "media", ("media", "items"), "Whatever a usable media file is of is an item."),
    Fact("review_keys", "reviews", ("reviews",), "One row per review."),
    Fact("reviews_written", "reviews", ("reviews",), "A review has a title or a text."),
    Fact("reviews_have_users", "reviews", ("reviews", "users"), "Whoever reviewed is a user."),
    Fact("reviews_have_items", "reviews", ("reviews", "items"), "Whatever was reviewed is an item."),
    share("verified_share", "reviews", "reviews", "Most Amazon reviews are of verified purchases.", "amazon"),
    Fact("fold_rows", "folds", ("folds", "interactions"),
         "Under every protocol and seed, every interaction has a fold."),
    Fact("fold_values", "folds", ("folds",), "A fold is train (0), valid (1) or test (2)."),
    Fact("fold_parts", "folds", ("folds",),
         "Under every protocol and seed, there is something to train on and to test."),
    Fact("fold_times", "folds", ("folds", "interactions"),
         "Split by time, nothing in train is later than validation, and nothing in validation later than the test."),
    Fact("fold_pairs", "folds", ("folds", "interactions"),
         "Under every protocol and seed, no pair of user and item stands in two folds, nor twice in one."),
    Fact("fold_items", "folds", ("folds", "interactions"),
         "Under cold-item, no item of validation or test is in train, and none is in both."),
    share("cold_tested", "folds", "folds", "Most test ratings are of users and items that training knows.",
          reads=("interactions",)),
    share("repeated_reviews", "folds", "folds",
          "Few test ratings come with words that a train rating has as well.", reads=("interactions", "reviews")),
)  # fmt: skip
