# SPDX-License-Identifier: Apache-2.0
"""What a request, a start and memory cost as tables, contracts and rules grow."""

import data
import peers
import start
from figures import Verdict, median, steepening
from load import measure
from works import asks

ROWS = (10_000, 1_000_000, 10_000_000)
RESOURCES = (11, 50, 100, 300)
RULES = (1, 50)
OWN = 5        # resources that bench.yaml makes, with User
DEEPER = 1.5  # for ten times the rows: a level of the trees more, and less of them in the processor's caches
SMALL = 10_000  # rows where something else grows
STARTS = 5

RESOURCE = """
  Thing{n}:
    fields:
      name:   {{ type: string!, min: 1, max: 120 }}
      price:  {{ type: 'decimal(12,2)!', min: 0 }}
      status: {{ type: 'enum(draft, active, retired)!', default: draft }}
      at:     {{ type: datetime, index: true }}
      maker:  Maker!
    access: {{ read: member, write: "hasRole('member') && status == draft" }}
"""


def contract_of(folder, resources=OWN, rules=1):
    """bench.yaml with more resources, or with more rules that an item's readers are tried by."""
    text = data.CONTRACT.read_text()
    named = "".join(f"  rule{n}: ownerId == auth.id && price > {n}\n" for n in range(1, rules))
    tried = "".join(f" || rule{n}" for n in range(1, rules))
    text = text.replace("\nresources:", f"{named}\nresources:", 1)
    text = text.replace("read: member && seen }", "read: member && (seen" + tried + ") }", 1)
    text += "".join(RESOURCE.format(n=n) for n in range(resources - OWN))
    path = folder / f"resources-{resources}-rules-{rules}.yaml"
    path.write_text(text)
    return path


def requests(binary, contract, store, rows, folder, rounds, seconds):
    """CPU of a GET by id and of a list."""
    token = data.create_token(binary, store, contract)
    ask = asks(rows, token)
    peer = peers.start_product(binary, contract, store, folder)
    try:
        medians = []
        for name in ("get", "since"):  # a list that has twenty rows however many there are
            measure(peer, ask[name], 1, folder)
            medians.append(median([measure(peer, ask[name], seconds, folder) for _ in range(rounds)]))
        return medians
    finally:
        peer.stop()


def small_store(binary, contract, folder):
    store = folder / f"{contract.stem}.db"
    data.create_token(binary, store, contract)
    data.fill(store, SMALL)
    return store


def table(head, rows):
    return ["", "| " + " | ".join(head) + " |", "|" + "---:|" * len(head),
            *("| " + " | ".join(cells) + " |" for cells in rows), ""]


def by_rows(binary, folder, rounds, seconds):
    figures = []
    for count in ROWS:
        store = data.copy_store(data.keep_store(binary, count), folder / f"rows-{count}.db")
        figures.append(requests(binary, data.CONTRACT, store, count, folder, rounds, seconds))
        store.unlink()
    lines = table(("rows", "GET by id, CPU us", "list of 20, CPU us"),
                  [(f"{count:,}", *(f"{one.cpu_us:.1f}" for one in pair)) for count, pair in zip(ROWS, figures)])
    # the smallest table fits the loop's cache of pages, so the others are compared
    for place, name in enumerate(("GET by id", "list")):
        grown = figures[-1][place].cpu_us / figures[1][place].cpu_us
        what = f"{name}, {ROWS[-1]:,} rows / {ROWS[1]:,} (as the index grows)"
        lines.append(f"- {Verdict(what, grown, '<=', DEEPER)}")
    return lines


def by_contract(binary, folder, rounds, seconds):
    """The same requests under larger contracts, which they do not use, and under more rules, which they do."""
    rows, verdicts = [], []
    for key, name, sizes, limit in (("resources", "resources", (RESOURCES[0], RESOURCES[-1]), 1.25),
                                    ("rules", "rules", RULES, 3)):
        pairs = []
        for size in sizes:
            contract = contract_of(folder, **{key: size})
            store = small_store(binary, contract, folder)
            pairs.append(requests(binary, contract, store, SMALL, folder, rounds, seconds))
            rows.append((f"{size} {name}", *(f"{one.cpu_us:.1f}" for one in pairs[-1])))
        for place, what in enumerate(("GET by id", "list")):
            grown = pairs[1][place].cpu_us / pairs[0][place].cpu_us
            verdicts.append(f"- {Verdict(f'{what}, {sizes[1]} {name} / {sizes[0]}', grown, '<=', limit)}")
    return table(("contract", "GET by id, CPU us", "list of 20, CPU us"), rows) + verdicts


def by_resources(binary, folder):
    """Start and memory, on a store that is there."""
    rows, starts, memories = [], [], []
    for count in RESOURCES:
        contract = contract_of(folder, resources=count)
        store = folder / f"start-{count}.db"
        data.create_token(binary, store, contract)
        taken, resident = [], 0
        for _ in range(STARTS):
            took, peer = start.ready_ms(binary, contract, store, folder)
            taken.append(took)
            resident = start.resident_mb(peer.pid)
            peer.stop()
        starts.append((count, sorted(taken)[STARTS // 2]))
        memories.append((count, resident))
        rows.append((str(count), f"{starts[-1][1]:.0f}", f"{resident:.1f}"))
    linear = "the slope of the last step / of those before (1: linear in resources)"
    return [*table(("resources", "start to ready, ms", "memory, MB"), rows),
            f"- {Verdict(f'start, {linear}', steepening(starts), '<=', 1.5)}",
            f"- {Verdict(f'memory, {linear}', steepening(memories), '<=', 1.5)}"]


def lines(binary, folder, rounds, seconds, title):
    return [f"## {title}", *by_rows(binary, folder, rounds, seconds), *by_contract(binary, folder, rounds, seconds),
            *by_resources(binary, folder)]
