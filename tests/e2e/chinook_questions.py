# SPDX-License-Identifier: Apache-2.0
"""Questions to the Chinook service, each with how the oracle answers it and what is compared.

A question is asked page by page; `project` of every row, in order, must equal what `answer` says. A question with
`one` asks a single row. `empty` marks those whose answer over the full data may be empty.
"""

import collections
import datetime
import decimal
from decimal import Decimal

from chinook_oracle import ids, money, ordered

Question = collections.namedtuple("Question", "name path query answer project one empty")
QUESTIONS = []


def ask(name, path, query, answer, project=lambda row: row["id"], one=False, empty=False):
    QUESTIONS.append(Question(name, path, query, answer, project, one, empty))


def text(value):
    return value or ""


# Rows as they are
ask("all genres", "genres", {}, lambda o: [(g.id, g.name) for g in o.all("Genre")], lambda r: (r["id"], r["name"]))
ask("every track, whole", "tracks", {},
    lambda o: [(t.id, t.name, t.albumId, t.mediaTypeId, t.genreId, t.composer, t.milliseconds, t.bytes,
                money(t.unitPrice)) for t in o.all("Track")],
    lambda r: (r["id"], r["name"], r["albumId"], r["mediaTypeId"], r["genreId"], r["composer"], r["milliseconds"],
               r["bytes"], r["unitPrice"]))
ask("every invoice, whole", "invoices", {},
    lambda o: [(i.id, i.customerId, i.invoiceDate, i.billingState, i.billingPostalCode, money(i.total))
               for i in o.all("Invoice")],
    lambda r: (r["id"], r["customerId"], r["invoiceDate"], r["billingState"], r["billingPostalCode"], r["total"]))
ask("every place in a playlist, by its composite id", "playlist-tracks", {}, lambda o: ids(o.all("PlaylistTrack")))
ask("every customer's name and mail", "customers", {"fields": "id,firstName,lastName,email"},
    lambda o: [dict(id=c.id, firstName=c.firstName, lastName=c.lastName, email=c.email) for c in o.all("Customer")],
    lambda r: r)

# Filters of one row
ask("tracks at 1.99", "tracks", {"unitPrice": "1.99"},
    lambda o: ids(o.where("Track", lambda t: money(t.unitPrice) == "1.99")))
ask("tracks not at 1.99", "tracks", {"unitPrice[ne]": "1.99"},
    lambda o: ids(o.where("Track", lambda t: money(t.unitPrice) != "1.99")))
ask("tracks without composer", "tracks", {"composer[isNull]": "true"},
    lambda o: ids(o.where("Track", lambda t: t.composer is None)))
ask("tracks whose composer is known", "tracks", {"composer[isNull]": "false"},
    lambda o: ids(o.where("Track", lambda t: t.composer is not None)))
ask("composers other than one, unknown ones among them", "tracks", {"composer[ne]": "Zélia Moura"},
    lambda o: ids(o.where("Track", lambda t: t.composer != "Zélia Moura")))
ask("long tracks", "tracks", {"milliseconds[gt]": 300000},
    lambda o: ids(o.where("Track", lambda t: t.milliseconds > 300000)))
ask("tracks of three to four minutes, small ones", "tracks",
    {"milliseconds[gte]": 180000, "milliseconds[lt]": 240000, "bytes[lte]": 6000000},
    lambda o: ids(o.where("Track", lambda t: 180000 <= t.milliseconds < 240000 and t.bytes <= 6000000)))
ask("some ids", "tracks", {"id[in]": "1,3,5,7,9,100000"},
    lambda o: ids(o.where("Track", lambda t: t.id in (1, 3, 5, 7, 9))))
ask("all but some genres", "tracks", {"genreId[nin]": "1,3"},
    lambda o: ids(o.where("Track", lambda t: t.genreId not in (1, 3))))
ask("names that contain Love", "tracks", {"name[contains]": "Love"},
    lambda o: ids(o.where("Track", lambda t: "Love" in t.name)))
ask("names that contain love in any case", "tracks", {"name[icontains]": "LOVE"},
    lambda o: ids(o.where("Track", lambda t: "love" in t.name.casefold())))
ask("names that begin with The", "tracks", {"name[startsWith]": "The"},
    lambda o: ids(o.where("Track", lambda t: t.name.startswith("The"))), empty=True)
ask("artists with an accent, in any case", "artists", {"name[icontains]": "É"},
    lambda o: ids(o.where("Artist", lambda a: "é" in a.name.casefold())))
ask("composers with ã or Ã", "tracks", {"name[icontains]": "Ã"},
    lambda o: ids(o.where("Track", lambda t: "ã" in t.name.casefold())))
ask("one artist by folded name", "artists", {"name[ieq]": "ZÉLIA MOURA"},
    lambda o: ids(o.where("Artist", lambda a: a.name.casefold() == "zélia moura")), empty=True)
ask("names with a percent sign or an underscore are taken literally", "tracks", {"name[contains]": "%"},
    lambda o: ids(o.where("Track", lambda t: "%" in t.name)), empty=True)
ask("names after M by code point", "artists", {"name[gt]": "M"},
    lambda o: ids(o.where("Artist", lambda a: a.name > "M")))
ask("invoices of a year", "invoices", {"invoiceDate[gte]": "2021-01-01", "invoiceDate[lt]": "2022-01-01"},
    lambda o: ids(o.where("Invoice", lambda i: i.invoiceDate.startswith("2021"))))
ask("dear invoices", "invoices", {"total[gte]": "3.96"},
    lambda o: ids(o.where("Invoice", lambda i: i.total >= Decimal("3.96"))))
ask("customers of several countries", "customers", {"country[in]": "Germany,Portugal,USA"},
    lambda o: ids(o.where("Customer", lambda c: c.country in ("Germany", "Portugal", "USA"))))
ask("customers with a company but no fax", "customers", {"company[isNull]": "false", "fax[isNull]": "true"},
    lambda o: ids(o.where("Customer", lambda c: c.company is not None and c.fax is None)), empty=True)
ask("employees who report to nobody", "employees", {"reportsToId[isNull]": "true"},
    lambda o: ids(o.where("Employee", lambda e: e.reportsToId is None)))

# Filters over relations
ask("tracks of a genre by its name", "tracks", {"genre.name": "Rock"},
    lambda o: ids(o.where("Track", lambda t: t.genre.name == "Rock")))
ask("tracks by the artist of their album", "tracks", {"album.artist.name[startsWith]": "A"},
    lambda o: ids(o.where("Track", lambda t: t.album.artist.name.startswith("A"))), empty=True)
ask("albums with a long track", "albums", {"tracks.milliseconds[gt]": 300000},
    lambda o: ids(o.where("Album", lambda a: any(t.milliseconds > 300000 for t in a.tracks))))
ask("albums with a rock track and a long track, each by itself", "albums",
    {"tracks.genre.name": "Rock", "tracks.milliseconds[gt]": 320000},
    lambda o: ids(o.where("Album", lambda a: any(t.genre.name == "Rock" for t in a.tracks) and
                          any(t.milliseconds > 320000 for t in a.tracks))))
ask("artists sold to Germany, four relations deep", "artists", {"albums.tracks.invoiceLines.invoice.billingCountry":
                                                                "Germany"},
    lambda o: ids(o.where("Artist", lambda a: any(line.invoice.billingCountry == "Germany" for album in a.albums
                                                  for t in album.tracks for line in t.invoiceLines))))
ask("places in a playlist by the playlist's name", "playlist-tracks", {"playlist.name": "Music"},
    lambda o: ids(o.where("PlaylistTrack", lambda p: p.playlist.name == "Music")))
ask("playlists that hold a track of an artist", "playlists", {"entries.track.album.artist.name[icontains]": "a"},
    lambda o: ids(o.where("Playlist", lambda p: any("a" in e.track.album.artist.name.casefold() for e in p.entries))))
ask("employees under a manager's manager", "employees", {"reportsTo.reportsTo.title": "General Manager"},
    lambda o: ids(o.where("Employee", lambda e: e.reportsTo and e.reportsTo.reportsTo and
                          e.reportsTo.reportsTo.title == "General Manager")))
ask("employees whose report helps customers", "employees", {"reports.customers.id[gt]": 0},
    lambda o: ids(o.where("Employee", lambda e: any(r.customers for r in e.reports))))
ask("invoice lines of tracks without composer", "invoice-lines", {"track.composer[isNull]": "true"},
    lambda o: ids(o.where("InvoiceLine", lambda line: line.track.composer is None)))

# Filters in CEL
ask("CEL: cheap and short, or of a certain composer", "tracks",
    {"filter": "unitPrice < 1 && milliseconds < 200000 || composer != null && composer.contains('J.')"},
    lambda o: ids(o.where("Track", lambda t: t.unitPrice < 1 and t.milliseconds < 200000 or
                          "J." in text(t.composer))))
ask("CEL: null is no error beside a truth", "tracks", {"filter": "composer.startsWith('L') || unitPrice > 1.5"},
    lambda o: ids(o.where("Track", lambda t: text(t.composer).startswith("L") or t.unitPrice > 1.5)))
ask("CEL: all", "albums", {"filter": "tracks.all(t, t.milliseconds < 300000)"},
    lambda o: ids(o.where("Album", lambda a: all(t.milliseconds < 300000 for t in a.tracks))))
ask("CEL: exists within exists", "playlists",
    {"filter": "entries.exists(e, e.track.invoiceLines.exists(l, l.unitPrice > 1))"},
    lambda o: ids(o.where("Playlist", lambda p: any(line.unitPrice > 1 for e in p.entries
                                                    for line in e.track.invoiceLines))))
ask("CEL: exists_one", "albums", {"filter": "tracks.exists_one(t, t.milliseconds > 300000)"},
    lambda o: ids(o.where("Album", lambda a: sum(t.milliseconds > 300000 for t in a.tracks) == 1)))
ask("CEL: size of a relation", "artists", {"filter": "size(albums) > 1"},
    lambda o: ids(o.where("Artist", lambda a: len(a.albums) > 1)))
ask("CEL: no rows at all", "artists", {"filter": "size(albums) == 0"},
    lambda o: ids(o.where("Artist", lambda a: not a.albums)))
ask("CEL: an exact sum of decimals", "invoices", {"filter": "lines.map(l, l.unitPrice * l.quantity).sum() == total"},
    lambda o: ids(o.where("Invoice", lambda i: sum(line.unitPrice * line.quantity for line in i.lines) == i.total)))
ask("CEL: arithmetic on decimals", "invoices", {"filter": "total * 3 - 1 > 10.88"},
    lambda o: ids(o.where("Invoice", lambda i: i.total * 3 - 1 > Decimal("10.88"))))
ask("CEL: in, and a conditional", "customers",
    {"filter": "country in ['USA', 'Canada', 'Ireland'] ? state == null : company != null"},
    lambda o: ids(o.where("Customer", lambda c: c.state is None if c.country in ("USA", "Canada", "Ireland") else
                          c.company is not None)))
ask("CEL: has over an optional relation", "employees", {"filter": "reportsTo != null && reportsTo.reportsTo == null"},
    lambda o: ids(o.where("Employee", lambda e: e.reportsTo is not None and e.reportsTo.reportsTo is None)))
ask("CEL: remainder and integer division", "tracks", {"filter": "id % 7 == 3 && milliseconds / 60000 == 4"},
    lambda o: ids(o.where("Track", lambda t: t.id % 7 == 3 and t.milliseconds // 60000 == 4)), empty=True)
ask("CEL: size counts code points", "artists", {"filter": "size(name) == 11"},
    lambda o: ids(o.where("Artist", lambda a: len(a.name) == 11)))
ask("CEL beside parameters", "tracks", {"filter": "album.title.contains('e')", "mediaType.id": 1, "genreId": 1},
    lambda o: ids(o.where("Track", lambda t: "e" in t.album.title and t.mediaTypeId == 1 and t.genreId == 1)),
    empty=True)

# Sorts
ask("tracks by composer, nulls first", "tracks", {"sort": "composer"},
    lambda o: ids(ordered(o.all("Track"), lambda t: t.composer)))
ask("tracks by composer descending, nulls last", "tracks", {"sort": "-composer"},
    lambda o: ids(ordered(o.all("Track"), lambda t: t.composer, descending=True)))
ask("invoices by total descending, then by date", "invoices", {"sort": "-total,invoiceDate"},
    lambda o: ids(ordered(ordered(o.all("Invoice"), lambda i: i.invoiceDate), lambda i: i.total, descending=True)))
ask("customers by country and name", "customers", {"sort": "country,-lastName"},
    lambda o: ids(ordered(ordered(o.all("Customer"), lambda c: c.lastName, descending=True), lambda c: c.country)))
ask("artists by name, by code point", "artists", {"sort": "name"},
    lambda o: ids(ordered(o.all("Artist"), lambda a: a.name)))
ask("employees by day of hire", "employees", {"sort": "-hireDate"},
    lambda o: ids(ordered(o.all("Employee"), lambda e: datetime.date.fromisoformat(e.hireDate), descending=True)))
ask("entries by track, then playlist", "playlist-tracks", {"sort": "trackId,-playlistId"},
    lambda o: ids(ordered(ordered(o.all("PlaylistTrack"), lambda p: p.playlistId, descending=True),
                          lambda p: p.trackId)))

# Includes
ask("albums with artist and tracks", "albums", {"include": "artist,tracks"},
    lambda o: [(a.id, a.artist.name, ids(a.tracks)[:100]) for a in o.all("Album")],
    lambda r: (r["id"], r["artist"]["name"], [t["id"] for t in r["tracks"]]))
ask("tracks with album and artist, three deep", "tracks", {"include": "album.artist.albums", "id[lte]": 60},
    lambda o: [(t.id, t.album.title, t.album.artist.name, ids(t.album.artist.albums))
               for t in o.where("Track", lambda t: t.id <= 60)],
    lambda r: (r["id"], r["album"]["title"], r["album"]["artist"]["name"],
               [a["id"] for a in r["album"]["artist"]["albums"]]))
ask("employees with manager, reports and customers", "employees", {"include": "reportsTo,reports,customers"},
    lambda o: [(e.id, e.reportsTo and e.reportsTo.lastName, ids(e.reports), ids(e.customers))
               for e in o.all("Employee")],
    lambda r: (r["id"], r["reportsTo"] and r["reportsTo"]["lastName"], [e["id"] for e in r["reports"]],
               [c["id"] for c in r["customers"]]))
ask("invoices of one customer with lines and tracks", "invoices",
    {"customerId": 1, "include": "lines.track.genre,customer.supportRep"},
    lambda o: [(i.id, i.customer.supportRep.email, [(line.id, line.track.name, line.track.genre.name)
                                                    for line in i.lines])
               for i in o.where("Invoice", lambda i: i.customerId == 1)],
    lambda r: (r["id"], r["customer"]["supportRep"]["email"],
               [(line["id"], line["track"]["name"], line["track"]["genre"]["name"]) for line in r["lines"]]))
ask("a playlist with the first hundred of its entries", "playlists/1", {"include": "entries.track"},
    lambda o: [(e.id, e.track.name) for e in o.one("Playlist", 1).entries[:100]],
    lambda r: [(e["id"], e["track"]["name"]) for e in r["entries"]], one=True)
ask("one place in a playlist, with both ends", "playlist-tracks/1,2", {"include": "playlist,track"},
    lambda o: (o.one("PlaylistTrack", "1,2").playlist.name, o.one("PlaylistTrack", "1,2").track.name),
    lambda r: (r["playlist"]["name"], r["track"]["name"]), one=True)
ask("one employee by id", "employees/2", {"fields": "id,lastName,reportsToId"},
    lambda o: dict(id=2, lastName=o.one("Employee", 2).lastName, reportsToId=o.one("Employee", 2).reportsToId),
    lambda r: r, one=True)

# Many-to-many
ask("playlists with the first hundred of their tracks", "playlists", {"include": "tracks"},
    lambda o: [(p.id, ids(p.tracks)[:100]) for p in o.all("Playlist")],
    lambda r: (r["id"], [t["id"] for t in r["tracks"]]))
ask("tracks with their playlists, and back", "tracks", {"include": "playlists,album.artist", "id[lte]": 60},
    lambda o: [(t.id, [(p.id, p.name) for p in t.playlists], t.album.artist.name)
               for t in o.where("Track", lambda t: t.id <= 60)],
    lambda r: (r["id"], [(p["id"], p["name"]) for p in r["playlists"]], r["album"]["artist"]["name"]))
ask("playlists by the genre of a track", "playlists", {"tracks.genre.name": "Rock"},
    lambda o: ids(o.where("Playlist", lambda p: any(t.genre.name == "Rock" for t in p.tracks))))
ask("tracks by the name of a playlist", "tracks", {"playlists.name": "Music"},
    lambda o: ids(o.where("Track", lambda t: any(p.name == "Music" for p in t.playlists))))
ask("CEL: playlists of long tracks alone", "playlists", {"filter": "tracks.all(t, t.milliseconds > 200000)"},
    lambda o: ids(o.where("Playlist", lambda p: all(t.milliseconds > 200000 for t in p.tracks))))
ask("CEL: tracks in more than one playlist", "tracks", {"filter": "size(playlists) > 1"},
    lambda o: ids(o.where("Track", lambda t: len(t.playlists) > 1)), empty=True)
ask("CEL: playlists by what their tracks cost", "playlists",
    {"filter": "tracks.map(t, t.unitPrice).sum() > 3.5 && tracks.filter(t, t.composer != null).size() > 1"},
    lambda o: ids(o.where("Playlist", lambda p: sum(t.unitPrice for t in p.tracks) > Decimal("3.5") and
                          sum(t.composer is not None for t in p.tracks) > 1)))
ask("CEL: exists within exists over a many-to-many", "albums",
    {"filter": "tracks.exists(t, t.playlists.exists(p, p.name == 'Music'))"},
    lambda o: ids(o.where("Album", lambda a: any(p.name == "Music" for t in a.tracks for p in t.playlists))))


# Aggregates
def groups(rows, *keys):
    """Rows by the values of some keys, nulls first."""
    found = collections.defaultdict(list)
    for row in rows:
        found[tuple(key(row) for key in keys)].append(row)
    return sorted(found.items(), key=lambda item: tuple((part is not None, part if part is not None else 0)
                                                        for part in item[0]))


def mean(values, decimals):
    """Of decimals or ints, a half rounded to the even neighbour."""
    context = decimal.Context(prec=60, rounding=decimal.ROUND_HALF_EVEN)
    exact = context.divide(sum(values, Decimal(0)), Decimal(len(values)))
    return str(exact.quantize(Decimal(1).scaleb(-decimals), context=context))


def total(rows, key):
    return money(sum((key(row) for row in rows), Decimal(0)))


ask("all invoices together", "invoices/aggregate", {"select": "count,sum(total),avg(total),min(total),max(total)"},
    lambda o: [dict(count=len(o.all("Invoice")), sum={"total": total(o.all("Invoice"), lambda i: i.total)},
                    avg={"total": mean([i.total for i in o.all("Invoice")], 8)},
                    min={"total": money(min(i.total for i in o.all("Invoice")))},
                    max={"total": money(max(i.total for i in o.all("Invoice")))})], lambda r: r)
ask("tracks by genre", "tracks/aggregate",
    {"select": "count,sum(milliseconds),max(bytes),avg(unitPrice)", "groupBy": "genreId"},
    lambda o: [dict(genreId=genre, count=len(rows), sum={"milliseconds": sum(t.milliseconds for t in rows)},
                    max={"bytes": max(t.bytes for t in rows)}, avg={"unitPrice": mean([t.unitPrice for t in rows], 8)})
               for (genre,), rows in groups(o.all("Track"), lambda t: t.genreId)], lambda r: r)
ask("the mean length of tracks by medium", "tracks/aggregate",
    {"select": "avg(milliseconds)", "groupBy": "mediaTypeId"},
    lambda o: [dict(mediaTypeId=medium, avg={"milliseconds": float(mean([t.milliseconds for t in rows], 20))})
               for (medium,), rows in groups(o.all("Track"), lambda t: t.mediaTypeId)],
    lambda r: {**r, "avg": {"milliseconds": float(r["avg"]["milliseconds"])}})
ask("what countries spend, the most first", "invoices/aggregate",
    {"select": "count,sum(total)", "groupBy": "billingCountry", "sort": "-sum(total)"},
    lambda o: [dict(billingCountry=country, count=len(rows), sum={"total": total(rows, lambda i: i.total)})
               for (country,), rows in sorted(groups(o.all("Invoice"), lambda i: i.billingCountry),
                                              key=lambda item: -sum(i.total for i in item[1]))], lambda r: r)
ask("income by month", "invoices/aggregate", {"select": "sum(total)", "groupBy": "invoiceDate:month"},
    lambda o: [{"invoiceDate:month": month + "-01", "sum": {"total": total(rows, lambda i: i.total)}}
               for (month,), rows in groups(o.all("Invoice"), lambda i: i.invoiceDate[:7])], lambda r: r)
ask("invoices by week, which begins on Monday", "invoices/aggregate",
    {"select": "count", "groupBy": "invoiceDate:week"},
    lambda o: [{"invoiceDate:week": week, "count": len(rows)} for (week,), rows in groups(
        o.all("Invoice"), lambda i: str(datetime.date.fromisoformat(i.invoiceDate[:10]) - datetime.timedelta(
            datetime.date.fromisoformat(i.invoiceDate[:10]).weekday())))], lambda r: r)
ask("customers who bought often", "invoices/aggregate",
    {"select": "count", "groupBy": "customerId", "having[count][gte]": 7, "having[sum(total)][gt]": "38"},
    lambda o: [dict(customerId=who, count=len(rows))
               for (who,), rows in groups(o.all("Invoice"), lambda i: i.customerId)
               if len(rows) >= 7 and sum(i.total for i in rows) > 38], lambda r: r, empty=True)
ask("composers of rock with more than five tracks", "tracks/aggregate",
    {"select": "count", "groupBy": "composer", "genre.name": "Rock", "composer[isNull]": "false",
     "having[count][gt]": 5, "sort": "-count,composer"},
    lambda o: [dict(composer=who, count=len(rows)) for (who,), rows in sorted(
        groups(o.where("Track", lambda t: t.genre.name == "Rock" and t.composer is not None), lambda t: t.composer),
        key=lambda item: (-len(item[1]), item[0])) if len(rows) > 5], lambda r: r, empty=True)
ask("lines by price and amount", "invoice-lines/aggregate", {"select": "count", "groupBy": "unitPrice,quantity"},
    lambda o: [dict(unitPrice=money(price), quantity=amount, count=len(rows)) for (price, amount), rows in
               groups(o.all("InvoiceLine"), lambda l: l.unitPrice, lambda l: l.quantity)], lambda r: r)
