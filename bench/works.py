# SPDX-License-Identifier: Apache-2.0
"""The works: what is asked of which peer, and what must come of it. docs/performance.md tells what each row means."""

import dataclasses
import random

import data
from figures import Target
from load import Asked

KEYS = ("live", "get", "list", "post", "include", "pipeline", "pipelined-get", "auth", "total", "gzip")
LINES = 20_000  # different requests of each work


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    peer: str
    asked: Asked


@dataclasses.dataclass(frozen=True)
class Work:
    key: str
    title: str
    cases: tuple
    targets: tuple = ()
    same_bodies: bool = True  # all cases answer the same bytes


def against(figure, case, other, how, limit, minus=False):
    what = {"rate": "throughput", "cpu_us": "CPU", "p99_ms": "p99 in ms"}[figure]
    sign = "minus" if minus else "/"
    return Target(f"{what} {case} {sign} {other}", figure, case, how, limit, other, minus)


def asks(items, token):
    """What the works ask, by name."""
    member = (f"Authorization: Bearer {token}",)
    chance = random.Random(3)
    makers = [data.text_of(data.maker_id(chance.randrange(data.MAKERS))) for _ in range(LINES)]
    times = [f"20{chance.randrange(17, 25)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}T00:00:00Z"
             for _ in range(LINES)]
    gets = tuple(f"/v1/items/{one}" for one in data.visible_items(items, LINES))
    lists = tuple(f"/v1/items?makerId={one}&sort=price&total=false" for one in makers)
    return {
        "live": Asked(("/health/live",)),
        "get": Asked(gets, headers=member),
        "get x16": Asked(gets, headers=member, depth=16),
        "live x16": Asked(("/health/live",), depth=16),
        "nginx live": Asked(("/health/live",)),
        "nginx get": Asked(("/get",)),
        "list": Asked(lists, headers=member),
        "counted list": Asked(tuple(one.replace("&total=false", "") for one in lists), headers=member),
        "broad list": Asked(("/v1/items?status=active&sort=releasedAt&total=false",), headers=member, connections=1),
        "counted broad list": Asked(("/v1/items?status=active&sort=releasedAt",), headers=member, connections=1),
        "since": Asked(tuple(f"/v1/items?status=active&releasedAt[gte]={one}&sort=releasedAt&total=false"
                             for one in times), headers=member),
        "gzip list": Asked(lists, headers=(*member, "Accept-Encoding: gzip")),
        "include": Asked(tuple(f"/v1/items?status=active&releasedAt[gte]={one}&sort=releasedAt&total=false"
                               "&include=maker.country" for one in times), headers=member),
        "post": Asked(tuple(data.entry_bodies(LINES)), "POST", "/v1/entries", member),
        "maker": Asked(tuple(f"/v1/makers/{one}" for one in makers)),
        "maker with token": Asked(tuple(f"/v1/makers/{one}" for one in makers), headers=member),
    }


def all_works(items, token):
    ask = asks(items, token)

    def case(peer, what, name=None):
        return Case(name or peer, peer, ask[what])

    return (
        Work("live", "1. constant answer",
             (case("nginx", "nginx live"), case("plain", "live"), case("product", "live")),
             (against("cpu_us", "plain", "nginx", "<=", 1.1),)),
        Work("get", "2. GET by id: token, access rule, ETag, trace id, log line",
             (case("nginx", "nginx get"), case("plain", "get"), case("product", "get"), case("cached", "get"),
              case("fastify", "get")),
             (against("cpu_us", "product", "plain", "<=", 1.35), against("rate", "product", "nginx", ">=", 0.6),
              against("rate", "cached", "nginx", ">=", 0.6),
              against("rate", "product", "fastify", ">=", 2.5))),
        Work("list", "3. list of 20: filter and order by an index, row rule",
             (case("plain", "list"), case("product", "list"), case("fastify", "list")),
             (against("cpu_us", "product", "plain", "<=", 1.35), against("rate", "product", "fastify", ">=", 3))),
        Work("post", "4. durable POST: validation, two indexes, audit",
             (case("plain", "post"), case("plain-one", "post"), case("product", "post"), case("fastify", "post")),
             (against("rate", "product", "plain-one", ">=", 4), against("rate", "product", "fastify", ">=", 8),
              Target("p99 of product in ms", "p99_ms", "product", "<", 25))),
        Work("include", "5. list of 20 with two levels of relations",
             (case("plain", "include"), case("product", "include"), case("fastify", "include")),
             (against("cpu_us", "product", "plain", "<=", 1.6),)),
        Work("pipeline", "6. constant answer, 16 requests at once",
             (case("nginx", "live x16"), case("plain", "live x16"), case("product", "live x16")),
             (against("rate", "product", "nginx", ">=", 3),)),
        Work("pipelined-get", "6b. GET by id, 16 requests at once",
             (case("plain", "get x16"), case("product", "get x16"))),
        Work("auth", "7. authentication: the same public GET without a token and with one",
             (case("product", "maker", "anonymous"), case("product", "maker with token", "with token")),
             (against("cpu_us", "with token", "anonymous", "<=", 1.5, minus=True),)),
        Work("total", f"8. list of row 3 with its exact total, of {items:,} rows",
             (case("product", "list", "uncounted"), case("product", "counted list", "counted"),
              case("product", "broad list", "a third of all, uncounted"),
              case("product", "counted broad list", "a third of all, counted")),
             (against("cpu_us", "counted", "uncounted", "<", 5),), same_bodies=False),
        Work("gzip", "9. compression: the list as it is and with gzip",
             (case("product", "list", "identity"), case("product", "gzip list", "gzip")), same_bodies=False),
    )
