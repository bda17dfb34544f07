"""Tables of a report: the headline, the result, the ledger, where it came from."""

import re
from typing import Any

from markupsafe import Markup

from streamsim.contracts import labels_told
from streamsim.evaluation import Row, ceiling, gain

from .charts import capitalised
from .data import RunData, layer_names
from .page import joined, note, piece, section, table


def class_of(part: Any) -> str:  # noqa: ANN401  a setting of any kind
    """Return the name of the class that a setting names, without its package."""
    if isinstance(part, dict):  # {name: settings}, or as of old {class_path: name, init_args: settings}
        part = part.get("class_path") or next(iter(part), "")
    return str(part or "").rpartition(".")[2]


def learner(data: RunData) -> str:
    """Return what to call the agent, or its class where it could not be rebuilt."""
    return data.pathway.agent.title() if data.pathway else class_of(data.configuration.get("agent"))


def words_of(name: str) -> str:
    """Return the name of a class in words, "LinearLearner" as "Linear learner"; abbreviations stay as they are."""
    first, *rest = re.split(r"(?<=[a-z])(?=[A-Z][a-z])", name)
    return " ".join([first, *(word.lower() for word in rest)])


def duration(seconds: float) -> str:
    """Return seconds in the unit in which one would say them."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.3g} s"


def last_rows(data: RunData) -> list[Row]:
    """Return the rows of the last offline probing."""
    offline = [row for row in data.probes if row["probe"] != "online"]
    return [row for row in offline if row["tick"] == max(r["tick"] for r in offline)]


def heading(data: RunData) -> Markup:
    """Return what ran, and in one sentence what came of it."""
    tree = data.configuration
    title = f"{words_of(learner(data))} learns from {words_of(class_of(tree.get('environment')))}"
    ticks = data.ticks
    seconds = max((row["seconds"] for row in (*data.metrics, *data.probes, *data.health)), default=0.0)
    saccades = max((row["saccades"] for row in (*data.metrics, *data.probes)), default=0)
    facts = {
        "frames": f"{ticks * data.streams:,}",
        "ticks": f"{ticks:,}",
        "parallel streams": data.streams,
        "saccades": f"{saccades:,}",
        "simulated time": duration(seconds),
        "real time": duration(data.wall) if data.wall else None,
        "seed": tree.get("seed"),
        "device": data.provenance.get("device", tree.get("device")),
    }
    known = [(name, value) for name, value in facts.items() if value is not None]
    source = data.provenance.get("source")
    kicker = f"streamsim {data.provenance.get('packages', {}).get('streamsim') or ''} · {source or data.folder.name}"
    kicker += f" · pathway {data.pathway_name}" if data.pathway_name else ""
    return piece("heading", kicker=kicker, title=title, headline=headline(data), facts=known)


def headline(data: RunData) -> Markup:
    """Return the main number in words: the uppermost layer before and after."""
    rows = last_rows(data)
    layers = layer_names(rows)
    row = next((r for r in rows if layers and r["layer"] == layers[-1] and r["calibrated"] is not None), None)
    if row is None:
        return Markup()
    return piece(
        "headline",
        probe=row["probe"],
        layer=row["layer"],
        learned=percent_text(row["accuracy"]),
        gain=gain_text(row),
        error=percent_text(row["gain_error"]),
        calibrated=percent_text(row["calibrated"]),
        drawn=percent_text(row["drawn"]),
        looks=row["looks"],
        chance=percent_text(row["chance"]),
    )


def percent_text(share: float | None) -> str:
    """Return *share* in percent with one decimal, nothing if it is not known."""
    return "" if share is None else f"{100 * share:.1f}"


def result(data: RunData) -> Markup:
    """Return a result table a probe: every layer, before and after, with the protocol in words."""
    rows = last_rows(data)
    if not rows:
        return Markup()
    probes = dict.fromkeys(row["probe"] for row in rows)
    tables = [of_probe(name, [row for row in rows if row["probe"] == name]) for name in probes]
    return section("Result", *tables, note(protocol(rows)))


def of_probe(name: str, rows: list[Row]) -> Markup:
    """Return the table of one probe, and in which layers it can show no gain if there are any."""
    layers = layer_names(rows)
    lines = [(row["layer"], "" if row["layer"] in layers else "aside", cells(row)) for row in rows]
    limits = ceiling(rows)
    return joined([piece("result", probe=name, rows=lines), *([note(limits)] if limits else [])])


def cells(row: Row) -> tuple[str, ...]:
    """Return the accuracy drawn, calibrated, learned, its error, the gain, a bar and chance."""
    figures = (percent_text(row[name]) for name in ("drawn", "calibrated", "accuracy", "error"))
    mark = None if row["calibrated"] is None else percent_text(row["calibrated"])
    bar = piece("meter", width=percent_text(row["accuracy"]), mark=mark)
    return *figures, gain_text(row), bar, percent_text(row["chance"])


def gain_text(row: Row) -> Markup:
    """Return the gain in points, coloured where it exceeds twice its standard error; nothing if it is not known."""
    gained = gain(row)
    if gained is None:
        return Markup()
    error = row["gain_error"]
    kind = "" if error is None or abs(gained) <= 2 * error else "up" if gained > 0 else "down"
    return piece("gain", kind=kind, points=f"{100 * gained:+.1f}".replace("-", "\N{MINUS SIGN}"))


def protocol(rows: list[Row]) -> str:
    """Return in words how the numbers of a table came about."""
    row = rows[0]
    pairs = f"Compared while learning: {row['pairs']}. " if row.get("pairs") else ""
    pairs += f"{capitalised(row['order'])}. " if row.get("order") else ""
    kinds = "; ".join(f"{r['probe']}: {r['protocol']}" for r in {r["probe"]: r for r in rows}.values())
    apart = f" ({row['n_clusters']:,} independent clusters)" if row["n_clusters"] < row["n_test"] else ""
    return (
        f"Test accuracy in percent after {row['frames']:,} frames; one run, one seed. {pairs}{capitalised(kinds)}. "
        f"{row['n_train']:,} labelled examples to learn the readout from, {row['n_test']:,} others{apart} to test it. "
        f"Drawn: the network as the seed draws it; calibrated: {calibration(row)}; gain: learned less calibrated. "
        "\N{PLUS-MINUS SIGN}: standard error that the choice of test pictures, utterances or clips gives the learned "
        "accuracy. Gains are coloured where they exceed twice their own; seeds differ by more. Bars: learned; mark: "
        "calibrated. Chance: always naming the commonest class of the test examples."
    )


def calibration(row: Row) -> str:
    """Return in words what the calibrated network is."""
    if row["calibrated"] is None:
        return "not known here"
    return f"after the {row['looks']:,} ticks in which it only looks" if row["looks"] else "the same, as it never looks"


def ledger(data: RunData) -> Markup:
    """Return what the agent holds from one tick to the next, by role."""
    if data.pathway is not None:
        held = data.pathway.agent.ledger(data.states["learned"])
        roles, cap, short = held.roles, held.cap, {role for role in held.capped if role in held.roles}
    else:
        roles, cap, short = data.summary.get("ledger", {}), None, set()
    if not roles:
        return Markup()
    total = sum(roles.values())
    rows: list[tuple[str, ...]] = [
        (
            role + (" (short-term)" if role in short else ""),
            f"{size:,}",
            f"{size / data.streams:,.0f}" if role in short else "",
            piece("meter", width=percent_text(size / max(1, total)), mark=None),
        )
        for role, size in sorted(roles.items(), key=lambda item: -item[1])
    ]
    rows.append(("all together", f"{total:,}", "", ""))
    limit = f" Short-term memory is capped at {cap:,} bytes." if cap is not None else ""
    shared = f"; all {data.streams} streams share the weights" if data.streams > 1 else ""
    told = bytes_told(data)
    labels = f" Besides, it is told the labels of all frames, {told:,} bytes at every tick." if told else ""
    words = f"Everything the agent keeps from one tick to the next, in bytes{shared}.{limit}{labels}"
    return section("Memory ledger", table(("role", "bytes", "bytes a stream", "share"), rows), note(words))


def bytes_told(data: RunData) -> int | None:
    """Return the bytes of labels that the agent was told at every tick, or None where nobody knows."""
    told: int | None = data.summary.get("labels_told")
    if told is not None or data.pathway is None:
        return told
    return labels_told(data.pathway.agent, data.streams)


def who_sees_labels(data: RunData) -> str:
    """Return a sentence on who sees the labels that are shown, or nothing where that is not known."""
    told = bytes_told(data)
    if told is None:
        return ""
    return " The agent is told these labels, too." if told else " Labels are for the reader; the agent never sees them."


def origin(data: RunData) -> Markup:
    """Return the resolved configuration and the provenance."""
    shown = {**data.provenance, "state": data.summary.get("digest")}
    rows = [(key, in_one_line(value)) for key, value in shown.items() if value is not None]
    where = table(("", ""), rows, "plain") if rows else Markup()
    settings = piece("settings", words=data.configuration_text)
    words = (
        "The run repeats exactly from this configuration, on the same device, with the same versions and with as many "
        "threads (OMP_NUM_THREADS), for sums are rounded otherwise by more or fewer; state is the hash of all tensors "
        "at its end."
    )
    missing = f"The agent could not be rebuilt, which some sections need: {data.why_not_revived}."
    remarks = [words, missing] if data.why_not_revived else [words]
    return section("Where this came from", where, *map(note, remarks), settings)


def in_one_line(value: Any) -> str:  # noqa: ANN401  any JSON value
    """Return a value of the provenance in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {x}" for name, x in value.items() if x is not None)
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
