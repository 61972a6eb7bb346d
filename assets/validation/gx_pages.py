"""Great Expectations' own Data Docs pages of every suite and its result, readable without a network.

They load styles and scripts from five CDNs and do not escape the values found. Here those are escaped before;
afterwards scripts are taken out, a stylesheet is put in, and a policy forbids the browser to load or run anything.
"""

from __future__ import annotations

import html
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from assets.validation import gx
from assets.validation.outcomes import Outcome
from assets.validation.suites import Expectation

STYLE = Path(__file__).parent / "pages" / "great_expectations.css"
POLICY = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
FOREIGN = re.compile(
    r"<script\b.*?</script>|<link\b[^>]*>|<style\b.*?</style>|<footer\b.*?</footer>|<img\b[^>]*>"
    r"|<title></title>|<div class=\"card mb-3\">.*?(?=<div class=\"card d-md-block)",
    re.DOTALL | re.IGNORECASE,
)
"""What needs a network or a script: those, the filter buttons, and a newsletter."""
Suites = dict[str, tuple[list[Expectation], list[Outcome]]]
"""Table -> its suite, and the outcomes of all its checks."""


def write(folder: Path, name: str, suites: Suites) -> dict[str, str]:
    """Write the pages of a dataset; returns table -> the page of its result, below the folder.

    Raises RuntimeError where Great Expectations has left one out: it logs what goes wrong there and carries on.
    """
    context = _context(folder, name)
    for table, (suite, found) in suites.items():
        _add(context, name, table, [gx.made(one) for one in suite], {outcome.check: outcome for outcome in found})
    context.build_data_docs()
    shutil.rmtree(folder / "static", ignore_errors=True)
    style = STYLE.read_text(encoding="utf-8")
    for path in folder.rglob("*.html"):
        path.write_text(offline(path.read_text(encoding="utf-8"), style), encoding="utf-8")
    pages = {path.stem: path.relative_to(folder).as_posix() for path in folder.glob("validations/**/*.html")}
    if missing := suites.keys() - pages.keys():
        raise RuntimeError(f"Great Expectations wrote no page of {', '.join(sorted(missing))}; its log says why")
    return pages


def offline(page: str, style: str) -> str:
    """A page of Great Expectations without what loads or runs something."""
    return FOREIGN.sub("", page).replace("</head>", f"{POLICY}\n<style>{style}</style>\n</head>", 1)


def escaped(value: Any) -> Any:
    """A value as HTML shows it literally."""
    if isinstance(value, dict):
        return {key: escaped(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [escaped(inner) for inner in value]
    return html.escape(value) if isinstance(value, str) else value


def _context(folder: Path, name: str) -> Any:
    """A context whose only site is the folder."""
    context = gx.library().get_context(mode="ephemeral")
    for site in list(context.get_site_names()):
        context.delete_data_docs_site(site)
    place = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}
    site = {"class_name": "SiteBuilder", "store_backend": place, "show_how_to_buttons": False}
    context.add_data_docs_site(site_name=name, site_config=site)
    return context


def _add(context: Any, name: str, table: str, expectations: list[Any], found: dict[str, Outcome]) -> None:
    """Put a suite and its result into the context's stores, where the site is built from."""
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types import resource_identifiers as identifiers

    context.suites.add(gx.library().ExpectationSuite(name=table, expectations=expectations))
    run = RunIdentifier(run_name=name, run_time=datetime.now(UTC))
    suite = identifiers.ExpectationSuiteIdentifier(table)
    whole = _whole(table, run, [_result(e, found[e.meta["name"]]) for e in expectations])
    context.validation_results_store.set(identifiers.ValidationResultIdentifier(suite, run, table), whole)


def _result(expectation: Any, outcome: Outcome) -> Any:
    """An outcome as Great Expectations' own class; one without a result could not be evaluated."""
    from great_expectations.core import ExpectationValidationResult

    error = {"raised_exception": not outcome.gx, "exception_message": outcome.summary, "exception_traceback": ""}
    return ExpectationValidationResult(
        success=outcome.passed,
        expectation_config=expectation.configuration,
        result=escaped(outcome.gx),
        exception_info=error,
    )


def _whole(table: str, run: Any, results: list[Any]) -> Any:
    from great_expectations.core import ExpectationSuiteValidationResult

    good = sum(result.success for result in results)
    return ExpectationSuiteValidationResult(
        success=good == len(results),
        results=results,
        suite_name=table,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": good,
            "unsuccessful_expectations": len(results) - good,
            "success_percent": 100 * good / len(results),
        },
        meta={
            "run_id": run,
            "batch_spec": {"data_asset_name": table},
            "great_expectations_version": gx.library().__version__,
        },
    )
