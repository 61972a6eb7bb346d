"""The parts that a raw file is staged in: what DuckDB read, and what Python had to read of what DuckDB could not."""

from __future__ import annotations

from pathlib import Path

import duckdb

from assets.ingest import reading
from assets.ingest.raw_file import KEYS, RawFile
from assets.ingest.segments import Segment, columns_of, quoted, quoted_segment
from assets.warehouse import export, sql

LONGEST_KEPT = 2000
"""Characters of a rejected line that are kept beside its reason."""
GROUP_ROWS = 30_720
"""Small groups of long rows: a quarter of the default takes half the memory and, with fewer page faults, less time."""
UNREADABLE = "not a JSON object"
MOVED = 0
"""The part whose unreadable lines are moved to the next, where there is one."""


class Parts:
    """Writes one raw file, or its end, into the folder `work`; row 0 of the first part is line `first_line`."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, raw: RawFile, dataset: str, work: Path, skip: int, first_line: int
    ) -> None:
        self.connection, self.raw, self.dataset, self.work, self.skip = connection, raw, dataset, work, skip
        self.first_line, self.by_line, self.lines, self.files = first_line, True, 0, [work / "part-0"]
        self.columns = columns_of(connection, raw.table)

    def write(self, source: Path) -> None:
        """Read `source` into part 0, and into part 1 the lines that DuckDB could not read as JSON."""
        if not self._by_duckdb(source):
            self._by_python(source)
        rows, excepted, unreadable = self._counted()
        if self.by_line and excepted and reading.odd_newlines(source):
            self._by_python(source)
            rows, excepted, unreadable = self._counted()
        self.lines = rows + self.skip
        if unreadable and self.raw.reader == "objects" and self.by_line:
            self._rescue()

    def _counted(self) -> tuple[int, int, int]:
        fates = "count(fate), count(*) FILTER (fate = 'unreadable')"
        return self.connection.execute(f"SELECT count(*), {fates} FROM {self._part(0)}").fetchall()[0]

    def _by_duckdb(self, source: Path) -> bool:
        if self.raw.reader == "records" or (self.raw.reader == "objects" and reading.spans_lines(source)):
            return False
        try:
            reading.read_lines(self.connection, source, self.raw.encoding, self.skip)
            self._stage(self.files[0])
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error:
            return False  # bytes that are not of the encoding, or a very long line: Python reads the file
        return True

    def _by_python(self, source: Path) -> None:
        self.by_line = False
        if self.raw.reader == "records":
            rows = reading.python_records(source)
        elif self.raw.reader == "objects" and reading.spans_lines(source):
            rows = reading.python_objects(source)
        elif self.raw.reader == "objects":
            rows = reading.rescued(reading.python_lines(source))
        else:
            rows = reading.python_lines(source, self.raw.encoding, self.skip)
        before = self.first_line - 1 - self.skip
        reading.read_rows(self.connection, ((line + before, text) for line, text in rows), self.work / "rows")
        self._stage(self.files[0])

    def _rescue(self) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT line, raw FROM {self._part(0)} WHERE fate = 'unreadable' ORDER BY row")
            lines = iter(lambda: cursor.fetchmany(reading.ROWS_AT_A_TIME), [])
            rows = reading.rescued(row for batch in lines for row in batch)
            reading.read_rows(self.connection, rows, self.work / "rows")
        self.files.append(self.work / "part-1")
        self._stage(self.files[1])

    def _stage(self, target: Path) -> None:
        """Parse `lines` into a Parquet file, in order."""
        parse = sql(f"staging/{self.raw.parse}")
        found = {name for name, *_ in self.connection.execute(f"DESCRIBE {parse}").fetchall()}
        constants = {"dataset": self.dataset, "source_file": self.raw.path.as_posix()}
        given = [
            f"{quoted(constants[n])} AS {n}" if n in constants else n if n in found else f"NULL::{type_} AS {n}"
            for n, type_ in self.columns.items()
        ]
        query = sql("staging/sorting/stage").format(
            columns=", ".join(given),
            kept="true" if self.raw.references else "fate IS NOT NULL",
            parse=parse,
            longest=LONGEST_KEPT,
            unreadable=UNREADABLE,
        )
        export(self.connection, query, target, group_rows=GROUP_ROWS)

    def _part(self, number: int) -> str:
        return quoted_segment(self.work, Segment(self.files[number].name, "", self.first_line))

    def sort_out(self, appended: bool) -> None:
        """Find the rows that are not loaded. appended: keys of the rows that were there before count as taken."""
        parts = [f"SELECT {number} AS part, * FROM {self._part(number)}" for number in range(len(self.files))]
        self.connection.execute(f"CREATE OR REPLACE TEMP VIEW parts AS {' UNION ALL '.join(parts)}")
        self.connection.execute("SET VARIABLE moved_part = $part", {"part": MOVED if len(parts) > 1 else None})
        self.connection.execute(sql("staging/sorting/begin"))
        for reference in self.raw.references:
            self.connection.execute(
                sql("staging/sorting/references").format(columns=", ".join(reference.columns), table=reference.table),
                {"missing": reference.missing},
            )
        key = self.raw.key or KEYS[self.raw.table]
        self.connection.execute(sql("staging/sorting/keyed").format(key=key))
        if appended:
            query = sql("staging/sorting/known").format(key=key, table=self.raw.table)
            self.connection.execute(query, {"file": self.raw.path.as_posix()})
        self.connection.execute(sql("staging/sorting/duplicates"))

    def counts(self) -> dict[str, int]:
        """Fate -> rows; blank and moved rows are no records."""
        total = self.connection.execute("SELECT count(*) FROM parts").fetchall()[0][0]
        fates = dict(self.connection.execute("SELECT fate, count(*) FROM exceptions GROUP BY fate").fetchall())
        return {"rejected": 0, "duplicate": 0} | fates | {"loaded": total - sum(fates.values())}

    def content(self) -> str:
        """The sum of the loaded rows' hashes."""
        query = "SELECT coalesce(sum(hash(content, line)::HUGEINT), 0) FROM loaded"
        return str(self.connection.execute(query).fetchall()[0][0])

    def move(self, folder: Path, stem: str) -> tuple[Segment, ...]:
        """Give the parts their final names in `folder`."""
        segments = []
        for number, file in enumerate(self.files):
            name, exceptions = f"{stem}.{number}.segment.parquet", f"{stem}.{number}-exceptions.segment.parquet"
            found = sql("staging/sorting/exceptions").format(
                number=number, dataset=quoted(self.dataset), file=quoted(self.raw.path.as_posix())
            )
            if not export(self.connection, found, self.work / exceptions):
                exceptions = ""
            segments.append(Segment(name, exceptions, self.first_line))
            for source, target in ((file.name, name), (exceptions, exceptions)):
                if target:
                    (self.work / source).replace(folder / target)
        return tuple(segments)
