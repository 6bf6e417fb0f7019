# SPDX-License-Identifier: Apache-2.0
"""The tables behind a server, for what no surface shows. On PostgreSQL they are copied into SQLite, with the cells that
a store in a file has, and what a test changes there is written back: so each test has one SQL for both."""

import decimal
import json
import sqlite3
import subprocess
import uuid

import harness

# SQL that gives a column as text; the cell that it is in SQLite; a literal of a cell.
EPOCH = "TIMESTAMPTZ '1970-01-01 00:00:00+00'"
TYPES = {
    "boolean": ("{}::int::text", int, lambda cell: "TRUE" if cell else "FALSE"),
    "bigint": ("{}::text", int, str),
    "integer": ("{}::text", int, str),
    "double precision": ("{}::text", float, repr),
    "text": ("{}", str, lambda cell: quoted(cell)),
    "json": ("{}::text", str, lambda cell: quoted(cell)),
    "bytea": ("encode({}, 'hex')", bytes.fromhex, lambda cell: f"decode('{cell.hex()}', 'hex')"),
    "uuid": ("{}::text", lambda text: uuid.UUID(text).bytes, lambda cell: f"'{uuid.UUID(bytes=cell)}'"),
    "date": ("({} - DATE '1970-01-01')::text", int, lambda cell: f"(DATE '1970-01-01' + {cell})"),
    "timestamp with time zone": ("(extract(epoch FROM {}) * 1000000)::bigint::text", int,
                                 lambda cell: f"({EPOCH} + {cell} * INTERVAL '1 microsecond')"),
}


def connect(path):
    """To the store of a server whose file would be that; as sqlite3.connect."""
    if not harness.ON_POSTGRES:
        return sqlite3.connect(path, timeout=10)
    mirror = sqlite3.connect(":memory:", factory=Mirror)
    mirror.fill(harness.postgres_schema(path))
    return mirror


def everything(path):
    """All that is kept of that store, as bytes: its files, or its tables."""
    if not harness.ON_POSTGRES:
        return b"".join(one.read_bytes() for one in sorted(path.parent.glob(path.name + "*")) if one.is_file())
    link = connect(path)
    cells = [cell for table in link.columns for row in link.execute(f'SELECT * FROM "{table}"') for cell in row]
    link.close()
    return b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)


def quoted(text):
    return " E'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def psql(url, sql):
    done = subprocess.run(["psql", "-qAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", "-"], input=sql, text=True,
                          capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows_of(url, select):
    return json.loads(psql(url, f"SELECT COALESCE(json_agg(row), '[]') FROM ({select}) AS row"))


class Column:
    def __init__(self, name, kind, scale):
        self.name = f'"{name}"'
        if kind == "numeric":
            self.text, self.cell = "{}::text", lambda text: self.unscaled(decimal.Decimal(text), scale)
            self.literal = lambda cell: str(decimal.Decimal(int(cell)).scaleb(-scale))
        else:
            self.text, self.cell, self.literal = TYPES[kind]

    @staticmethod
    def unscaled(number, scale):
        whole = int(number.scaleb(scale))
        return whole if -2 ** 63 <= whole < 2 ** 63 else str(whole)


class Mirror(sqlite3.Connection):
    def fill(self, url):
        self.url, self.columns, self.before = url, {}, {}
        described = rows_of(url, "SELECT table_name, column_name, data_type, numeric_scale FROM "
                                 "information_schema.columns WHERE table_schema = current_schema() AND "
                                 "data_type <> 'tsvector' ORDER BY table_name, ordinal_position")
        for one in described:
            column = Column(one["column_name"], one["data_type"], one["numeric_scale"])
            self.columns.setdefault(one["table_name"], []).append(column)
        kept = {one["name"]: one["rows"] for one in rows_of(url, " UNION ALL ".join(map(self.select, self.columns)))}
        for table, columns in self.columns.items():
            self.execute(f'CREATE TABLE "{table}" ({", ".join(one.name for one in columns)})')
            self.before[table] = {}
            for number, row in enumerate(kept[table], 1):
                cells = tuple(None if row[f"c{i}"] is None else one.cell(row[f"c{i}"]) for i, one in enumerate(columns))
                self.before[table][number] = (row["place"], cells)
                self.execute(f'INSERT INTO "{table}" (rowid, {", ".join(one.name for one in columns)}) '
                             f'VALUES ({", ".join("?" * (len(columns) + 1))})', (number, *cells))
        super().commit()

    def select(self, table):
        """All rows of a table as one of JSON, their cells as texts."""
        texts = ", ".join(one.text.format(one.name) + f" AS c{i}" for i, one in enumerate(self.columns[table]))
        rows = f'SELECT ctid::text AS place, {texts} FROM "{table}"'
        return f"SELECT '{table}' AS name, (SELECT COALESCE(json_agg(one), '[]') FROM ({rows}) AS one) AS rows"

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.commit()

    def commit(self):
        super().commit()
        changes = []
        left = {name for name, in self.execute("SELECT name FROM sqlite_master")}
        for table, columns in self.columns.items():
            if table not in left:
                changes.append(f'DROP TABLE "{table}" CASCADE')
                continue
            now = {number: tuple(cells) for number, *cells in self.execute(f'SELECT rowid, * FROM "{table}"')}
            for number, (place, cells) in self.before[table].items():
                if number not in now:
                    changes.append(f"DELETE FROM \"{table}\" WHERE ctid = '{place}'")
                elif now[number] != cells:
                    sets = ", ".join(f"{one.name} = {self.literal(one, cell)}"
                                     for one, cell, was in zip(columns, now[number], cells) if cell != was)
                    changes.append(f"UPDATE \"{table}\" SET {sets} WHERE ctid = '{place}'")
            for number in now.keys() - self.before[table].keys():
                values = ", ".join(self.literal(one, cell) for one, cell in zip(columns, now[number]))
                changes.append(f'INSERT INTO "{table}" ({", ".join(one.name for one in columns)}) VALUES ({values})')
        if changes:
            psql(self.url, "BEGIN;\n" + ";\n".join(changes) + ";\nCOMMIT;\n")

    @staticmethod
    def literal(column, cell):
        return "NULL" if cell is None else column.literal(cell)
