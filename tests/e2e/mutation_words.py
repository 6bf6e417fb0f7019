# SPDX-License-Identifier: Apache-2.0
"""What mutation.py puts in the place of parts of requests: words of every language that the service reads."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "TRACE", "get", "X")
OPERATORS = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "contains", "startsWith", "ieq", "icontains", "isNull",
             "", "and", "$ne", "eq][gt")
PARAMETERS = ("filter", "sort", "fields", "include", "page", "perPage", "after", "before", "total", "q", "deleted",
              "dryRun", "purge", "select", "groupBy", "having", "tz", "where")
TEXTS = ("", " ", "0", "-0", "-1", "1", "1.0", "1e400", "9007199254740993", "9223372036854775808", "true", "null",
         "NaN", "\x00", "\u00e9", "\ud83d\ude00", "%", "_", "\\", "\\,", ",", ",,", "a,b", "'", "\"", "''", "/", "//",
         "~", "~0", "~2", ".", "..", "-", "--", "*", "2024-02-30", "2024-02-29T23:59:60Z", "P1Y", "PT",
         "a@b", "=", "====", "00000000-0000-0000-0000-000000000000", "../../etc/passwd", "${x}", "${a.data.id}", "$${",
         "x" * 300, "\u202e")
WORDS = ("&&", "||", "!", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%", "?", ":", "(", ")", "[", "]",
         "{", "}", ".", ",", "'", "null", "true", "0", "1", "-1", "1.5", "'a'", "b'a'", "r'a'", "size", "has(",
         "matches(", "all(x, ", "exists(x, ", "map(x, ", "filter(x, ", "timestamp('", "duration('", "now()",
         "auth.id", "hasRole('", "sum()", "9223372036854775807", "1u", "0x7f", "x", "//")
HEADERS = (
    ("If-Match", ('"1"', '"0"', "*", 'W/"1"', '"1", "2"', '"99999999999999999999"', '"1-x"', '"', "1", "")),
    ("If-None-Match", ('"1"', "*", 'W/"1"', '"1", "2"', '"', "x")),
    ("Accept", ("*/*", "application/hal+json", "application/problem+json", "text/html", "application/json;q=0", ";",
                ",", "application/*;q=0.001, */*;q=1.001", "a/b/c", 'application/json;x="', "application/json;q=")),
    ("Content-Type", ("application/json", "application/merge-patch+json", "application/json-patch+json", "text/plain",
                      "", "application/json; charset=latin1", 'application/json; charset="',
                      "application/JSON ;charset=UTF-8")),
    ("Accept-Encoding", ("gzip", "br;q=1, gzip;q=0", "*;q=0", "identity;q=0", "gzip;q=", ",")),
    ("Authorization", ("Bearer", "Bearer ", "Bearer x.y.z", "Basic eDp5", "bearer e30.e30.", "x")),
    ("X-Request-Id", ("a", "a" * 129, "ok-id-123", "with space", "\u00e9" * 10)),
    ("traceparent", ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0-0-00", "ff",
                     "00-" + "0" * 49)),
    ("Idempotency-Key", ("k" * 22, '"' + "k" * 22 + '"', "", "k" * 300)),
    ("Origin", ("null", "http://x", "https://evil.example")), ("Prefer", ("return=minimal",)),
    ("Range", ("bytes=0-1",)), ("Content-Encoding", ("gzip", "identity")), ("Cookie", ("a=b; c", "=")),
    ("X-Http-Method-Override", ("DELETE",)), ("X-Forwarded-For", ("127.0.0.1",)), ("Host", ("", "a b", "x:99999")),
)
BYTES = (b"\x00", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\r\n", b"\n", b"[", b"{", b'"', b"\\u", b"\\", b",", b":",
         b"-", b"e9999", b"\xef\xbb\xbf", b" ")
