"""From which columns each column of a query comes, read from DuckDB's own parse of it.

A column comes from those that its expression names, through subqueries, common table expressions and stars. What only
decides which rows there are (joins, filters, groups, order) is not counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import dagster as dg
import duckdb

Columns = dict[str, set[str]]
"""Output column -> the columns of tables that it comes from, each "table.column" or "schema.table.column"."""
Scope = list[tuple[str, Columns]]
"""(alias, columns) of what stands behind FROM."""
WHICH_ROWS = ("order_bys", "filter")
"""Parts of an aggregate that say which rows it takes, and in which order."""
STAGED = "staging."
"""The schema of the asset `staged_records`, which holds several tables."""


def columns_of(connection: duckdb.DuckDBPyConnection, query: str) -> Columns:
    """The columns of a SELECT and where they come from. Raises ValueError for a column that is nowhere."""
    ((text,),) = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchall()
    parsed = json.loads(text)
    if parsed["error"]:
        raise ValueError(f"DuckDB cannot parse the query: {parsed.get('error_message')}")
    return _Query(connection, {}, []).columns(parsed["statements"][0]["node"])


def told(columns: Columns) -> dict[str, list[str]]:
    """The columns as a manifest's metadata hold them."""
    return {name: sorted(sources) for name, sources in columns.items()}


def shown(columns: dict[str, list[str]]) -> dg.TableColumnLineage:
    """What the Dagster UI draws; a column of staging is `table.column` of `staged_records`."""
    return dg.TableColumnLineage({name: [_dependency(one) for one in sources] for name, sources in columns.items()})


def _dependency(source: str) -> dg.TableColumnDep:
    if source.startswith(STAGED):
        return dg.TableColumnDep(dg.AssetKey("staged_records"), source.removeprefix(STAGED))
    table, _, column = source.partition(".")
    return dg.TableColumnDep(dg.AssetKey(table), column)


class _Query:
    """Resolves one SELECT. tables: common table expressions in sight. outer: the scope of the query around it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, tables: dict[str, Columns], outer: Scope) -> None:
        self.connection, self.tables, self.outer = connection, dict(tables), outer

    def columns(self, node: dict[str, Any]) -> Columns:
        for entry in node.get("cte_map", {}).get("map", []):
            self.tables[entry["key"]] = self._inner(entry["value"]["query_node"], [])
        if node["type"] == "SET_OPERATION_NODE":
            sides = [self._inner(side, self.outer) for side in node["children"]]
            together = zip(*(side.values() for side in sides), strict=True)
            return {name: set().union(*sources) for name, sources in zip(sides[0], together, strict=True)}
        if node["type"] != "SELECT_NODE":
            raise ValueError(f"no column lineage through a {node['type']}")
        scope = list(self._from(node["from_table"]))
        found: Columns = {}
        for place, expression in enumerate(node["select_list"]):
            if expression["class"] == "STAR":
                found |= self._star(expression, scope)
            else:
                found[_name(expression, place)] = self._sources(expression, scope)
        return found

    def _inner(self, node: dict[str, Any], outer: Scope) -> Columns:
        return _Query(self.connection, self.tables, outer).columns(node)

    def _from(self, table: dict[str, Any]) -> Iterator[tuple[str, Columns]]:
        kind = table["type"]
        if kind == "JOIN":
            yield from self._from(table["left"])
            yield from self._from(table["right"])
        elif kind == "SUBQUERY":
            yield table.get("alias", ""), self._inner(table["subquery"]["node"], self.outer)
        elif kind == "BASE_TABLE":
            path = table["qualified_name"]["path"]
            known = self.tables.get(path[0]) if len(path) == 1 else None
            yield table.get("alias") or path[-1], self._table(path) if known is None else known
        elif kind != "EMPTY":
            raise ValueError(f"no column lineage through a {kind} behind FROM")

    def _table(self, path: list[str]) -> Columns:
        query = (
            "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() "
            "AND schema_name = ? AND table_name = ? ORDER BY column_index"
        )
        schema, name = path if len(path) == 2 else ("main", path[0])
        rows = self.connection.execute(query, [schema, name]).fetchall()
        if not rows:
            raise ValueError(f"there is no table {'.'.join(path)}")
        return {column: {".".join([*path, column])} for (column,) in rows}

    def _star(self, expression: dict[str, Any], scope: Scope) -> Columns:
        of, left_out = expression.get("relation_name", ""), set(expression.get("exclude_list", []))
        found: Columns = {}
        for alias, columns in scope:
            if of in ("", alias):
                for name, sources in columns.items():
                    if name not in left_out:  # a column that several tables have (USING) comes from all of them
                        found[name] = found.get(name, set()) | sources
        return found | {one["key"]: self._sources(one["value"], scope) for one in expression.get("replace_list", [])}

    def _sources(self, part: Any, scope: Scope) -> set[str]:
        """The columns that an expression, or anything within one, names."""
        if isinstance(part, list):
            return set().union(*(self._sources(one, scope) for one in part))
        if not isinstance(part, dict):
            return set()
        if part.get("class") == "COLUMN_REF":
            return self._column(part["column_names"], [*scope, *self.outer])
        if part.get("class") == "SUBQUERY":
            return set().union(*self._inner(part["subquery"]["node"], [*scope, *self.outer]).values())
        values = (value for key, value in part.items() if key not in WHICH_ROWS)
        return set().union(*(self._sources(value, scope) for value in values))

    def _column(self, names: list[str], scope: Scope) -> set[str]:
        if len(names) > 1 and (of := [columns for alias, columns in scope if alias == names[0]]):
            return of[0][names[1]]
        found = [columns[names[0]] for _, columns in scope if names[0] in columns]
        if not found:
            raise ValueError(f"no table of the query has the column {'.'.join(names)}")
        return set().union(*found)


def _name(expression: dict[str, Any], place: int) -> str:
    """The name of an output column: its alias, or the column's own."""
    return expression.get("alias") or expression.get("column_names", [f"column {place + 1}"])[-1]
