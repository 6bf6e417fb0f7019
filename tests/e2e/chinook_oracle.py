# SPDX-License-Identifier: Apache-2.0
"""Answers questions about the Chinook data from its JSON alone, in plain Python.

It knows the shape of the data (which keys refer where), nothing of the service under test.
"""

import collections
import json
from decimal import Decimal

# resource -> {relation: (key, other resource)}
TO_ONE = {
    "Album": {"artist": ("artistId", "Artist")},
    "Track": {"album": ("albumId", "Album"), "mediaType": ("mediaTypeId", "MediaType"), "genre": ("genreId", "Genre")},
    "Employee": {"reportsTo": ("reportsToId", "Employee")},
    "Customer": {"supportRep": ("supportRepId", "Employee")},
    "Invoice": {"customer": ("customerId", "Customer")},
    "InvoiceLine": {"invoice": ("invoiceId", "Invoice"), "track": ("trackId", "Track")},
    "PlaylistTrack": {"playlist": ("playlistId", "Playlist"), "track": ("trackId", "Track")},
}
# resource -> {relation: (other resource, key there)}
TO_MANY = {
    "Genre": {"tracks": ("Track", "genreId")},
    "MediaType": {"tracks": ("Track", "mediaTypeId")},
    "Artist": {"albums": ("Album", "artistId")},
    "Album": {"tracks": ("Track", "albumId")},
    "Track": {"invoiceLines": ("InvoiceLine", "trackId"), "playlistEntries": ("PlaylistTrack", "trackId")},
    "Employee": {"reports": ("Employee", "reportsToId"), "customers": ("Customer", "supportRepId")},
    "Customer": {"invoices": ("Invoice", "customerId")},
    "Invoice": {"lines": ("InvoiceLine", "invoiceId")},
    "Playlist": {"entries": ("PlaylistTrack", "playlistId")},
}

THROUGH = {  # relation: its resource, the join resource, the key of this side, that of the other
    "Playlist": {"tracks": ("Track", "PlaylistTrack", "playlistId", "trackId")},
    "Track": {"playlists": ("Playlist", "PlaylistTrack", "trackId", "playlistId")},
}


class Row:
    """One row; relations are attributes, as `track.album.artist.name` or `album.tracks`."""

    def __init__(self, data, resource, values):
        self._data, self._resource, self._values = data, resource, values

    def __getattr__(self, name):
        if name in self._values:
            return self._values[name]
        if name in TO_ONE.get(self._resource, {}):
            key, other = TO_ONE[self._resource][name]
            return None if self._values[key] is None else self._data.one(other, self._values[key])
        if name in TO_MANY.get(self._resource, {}):
            other, key = TO_MANY[self._resource][name]
            return self._data.having(other, key, self._values["id"])
        if name in THROUGH.get(self._resource, {}):
            other, join, near, far = THROUGH[self._resource][name]
            keys = {entry._values[far] for entry in self._data.having(join, near, self._values["id"])}
            return [self._data.one(other, key) for key in sorted(keys)]
        raise AttributeError(f"{self._resource} has no {name}")


class Oracle:
    """The rows of one JSON file; rows come in the order of their ids."""

    def __init__(self, path):
        raw = json.loads(path.read_text(), parse_float=Decimal)
        self.tables, self._grouped = {}, {}
        for resource, rows in raw.items():
            made = []
            for values in rows:
                if resource == "PlaylistTrack":
                    values = {**values, "id": f"{values['playlistId']},{values['trackId']}"}
                made.append(Row(self, resource, values))
            order = (lambda row: (row.playlistId, row.trackId)) if resource == "PlaylistTrack" else (lambda row: row.id)
            self.tables[resource] = sorted(made, key=order)
        self._by_id = {resource: {row.id: row for row in rows} for resource, rows in self.tables.items()}

    def all(self, resource):
        return self.tables[resource]

    def one(self, resource, identity):
        return self._by_id[resource][identity]

    def having(self, resource, key, value):
        if (resource, key) not in self._grouped:
            groups = collections.defaultdict(list)
            for row in self.tables[resource]:
                groups[row._values[key]].append(row)
            self._grouped[resource, key] = groups
        return self._grouped[resource, key].get(value, [])

    def where(self, resource, condition):
        return [row for row in self.tables[resource] if condition(row)]


def ids(rows):
    return [row.id for row in rows]


def money(value):
    """A decimal(10,2) as the service writes it."""
    return f"{value:.2f}"


def ordered(rows, key, descending=False):
    """Sorted by key with nulls first (last when descending); ties by id, always ascending."""
    rows = list(rows)  # Oracle gives them by id, and sorting is stable
    nulls = [row for row in rows if key(row) is None]
    others = sorted((row for row in rows if key(row) is not None), key=key, reverse=descending)
    return others + nulls if descending else nulls + others
