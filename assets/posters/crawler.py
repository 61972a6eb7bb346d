"""The crawler: asks the providers about every item that has no picture yet, and keeps each outcome as it comes.

It may be killed at any point: what is settled is in the state, and the next run asks only for the rest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakValueDictionary

from assets.posters.fetching import Fetcher
from assets.posters.pictures import FOUND, NO_PICTURE, download, picture_facts
from assets.posters.progress import Say, Summary, line
from assets.posters.providers.provider import Provider
from assets.posters.settings import CrawlSettings
from assets.posters.state import State
from assets.posters.store import PictureStore
from assets.posters.unavailable import Unavailable
from assets.posters.wanted import Outcome, Wanted

SAY_EVERY_SECONDS = 5.0


def crawl_now(
    wanted: Sequence[Wanted],
    providers: Sequence[Provider],
    *,
    store: PictureStore,
    state: State,
    settings: CrawlSettings,
    say: Say,
) -> Summary:
    """`crawl`, for callers that are not asynchronous."""
    return asyncio.run(crawl(wanted, providers, store=store, state=state, settings=settings, say=say))


async def crawl(
    wanted: Sequence[Wanted],
    providers: Sequence[Provider],
    *,
    store: PictureStore,
    state: State,
    settings: CrawlSettings,
    say: Say,
) -> Summary:
    """Find a picture for every item: providers in order, until one gives a usable picture.

    Each question's outcome goes into `state`, each picture into `store` before it. Raises nothing for what the web
    answers; what could not be reached is asked again in the next run.
    """
    started, summary = time.monotonic(), Summary(len(wanted))
    async with Fetcher(settings) as fetch:
        run = _Run(providers, store, state, settings, fetch, summary)
        teller = asyncio.create_task(_tell(run, started, say))
        try:
            items = iter(wanted)  # shared by the workers: no more items are in hand than there are workers
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(settings.workers, len(wanted))):
                    workers.create_task(run.work(items))
        finally:
            teller.cancel()
        summary.requests, summary.not_modified = fetch.requests, fetch.not_modified
        summary.hosts_left = fetch.hosts.left()
    summary.seconds = time.monotonic() - started
    say(f"posters: {summary}")
    return summary


async def _tell(run: _Run, started: float, say: Say) -> None:
    """Say every few seconds how far it is."""
    while True:
        await asyncio.sleep(SAY_EVERY_SECONDS)
        say(line(run.summary, started, run.fetch.hosts.pausing()))


class _Run:
    """One crawl in progress."""

    def __init__(
        self,
        providers: Sequence[Provider],
        store: PictureStore,
        state: State,
        settings: CrawlSettings,
        fetch: Fetcher,
        summary: Summary,
    ) -> None:
        self.state, self.fetch, self.summary = state, fetch, summary
        self._providers = {provider.name: provider for provider in providers}
        self._store, self._settings = store, settings
        self._one_at_a_time: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        age = settings.refresh_after_days
        self._fresh_since = (datetime.now(UTC) - timedelta(days=age)).isoformat() if age is not None else ""

    async def work(self, items: Iterator[Wanted]) -> None:
        """Take items until there are none."""
        for item in items:
            await self._settle(item)
            self.summary.done += 1
            await asyncio.sleep(0)  # a long stretch of settled items leaves the others their turn

    async def _settle(self, item: Wanted) -> None:
        known = self.state.of(item.item_id)
        questions = [(name, url) for name, provider in self._providers.items() for url in provider.questions(item)]
        pictures = [known[question] for question in questions if question in known and self._usable(known[question])]
        to_ask = [question for question in questions if self._open(known.get(question))]
        found = bool(pictures) and self._fresh(pictures[0])
        if not found and (pictures or to_ask) and self._may_ask():
            found = await self._find(item, pictures, to_ask)
        self.summary.found += found

    async def _find(self, item: Wanted, pictures: list[Outcome], to_ask: list[tuple[str, str]]) -> bool:
        """Ask until there is a picture; whether there is one."""
        for before in pictures:
            if await self._refresh(item, before):
                return True
        for name, url in to_ask:
            if (await self._ask(item, name, url)).status == "found":
                return True
        return False

    def _usable(self, outcome: Outcome) -> bool:
        return outcome.status == "found" and self._store.holds(outcome.path)

    def _open(self, before: Outcome | None) -> bool:
        """Whether a question is still to be asked. A found picture whose file is gone is."""
        if before is None:
            return True
        if not before.settled:
            return self._settings.retry_unreached
        return before.status == "found" and not self._store.holds(before.path)

    def _fresh(self, outcome: Outcome) -> bool:
        return not self._fresh_since or outcome.fetched_at >= self._fresh_since

    def _may_ask(self) -> bool:
        if self._settings.limit is not None and self.summary.asked >= self._settings.limit:
            return False
        self.summary.asked += 1
        return True

    async def _ask(self, item: Wanted, name: str, url: str) -> Outcome:
        """Ask one provider one question and follow its answer to the picture."""
        before = self.state.of(item.item_id).get((name, url))
        if before is not None and before.image_url:  # the place is known; only the picture was not had
            return await self._download(before)
        return await self._follow(await self._look_up(item, name, url))

    async def _refresh(self, item: Wanted, before: Outcome) -> bool:
        """Ask conditionally for a picture that has grown old; where it is gone, ask its provider for a new place."""
        if (await self._download(before, before)).status == "found":
            return True
        moved = await self._look_up(item, before.provider, before.url)
        return moved.image_url != before.image_url and (await self._follow(moved)).status == "found"

    async def _look_up(self, item: Wanted, name: str, url: str) -> Outcome:
        outcome = Outcome(item.item_id, name, url)
        try:
            return replace(outcome, **asdict(await self._providers[name].answer(item, url, self.fetch)))
        except Unavailable as error:
            return replace(outcome, status=error.status, reason=error.reason, settled=error.settled)

    async def _follow(self, outcome: Outcome) -> Outcome:
        return await self._download(outcome) if outcome.image_url else self._record(outcome)

    async def _download(self, outcome: Outcome, before: Outcome | None = None) -> Outcome:
        """Get the picture that an outcome names; items that share an address share its one request.

        before: the picture that we have from there; it is given up only if its source says that it is gone.
        """
        async with self._one_at_a_time.setdefault(outcome.image_url, asyncio.Lock()):
            same = self.state.found_at(outcome.image_url)
            if same is not None and self._usable(same) and self._fresh(same):
                facts = FOUND | picture_facts(same)
            else:
                facts = await self._facts(outcome.image_url, before)
            after = replace(outcome, **{"settled": True} | facts)
            gone = after.status == "missing" and after.settled
            return before if before is not None and after.status != "found" and not gone else self._record(after)

    async def _facts(self, url: str, before: Outcome | None) -> dict[str, Any]:
        try:
            return await download(url, self.fetch, self._store, self._settings.tries, before)
        except Unavailable as error:
            return NO_PICTURE | {"status": error.status, "reason": error.reason, "settled": error.settled}

    def _record(self, outcome: Outcome) -> Outcome:
        self.summary.outcomes[outcome.status] += 1
        self.summary.unreached += not outcome.settled
        return self.state.record(outcome)
