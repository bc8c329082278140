# SPDX-License-Identifier: MIT
"""Writes the tables and figures of docs/performance.md from results of script/bench:
script/bench --report FILE…, later files taking precedence section by section. What stands between the marks
<!-- begin NAME --> and <!-- end NAME --> is replaced; the words around them are not touched."""

import argparse
import json
import math
import os
import re
import subprocess
import sys

import targets

DOCUMENT = "docs/performance.md"
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"]  # told apart by all eyes


def number(value, digits=3):
    """Digits that mean something, no exponents."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def percent(value):
    return "–" if value is None else f"{value * 100:.0f} %"


def time_of(seconds):
    return f"{number(seconds * 1e3)} ms" if seconds < 1 else f"{number(seconds)} s"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def machine_text(section):
    where = section["machine"]
    family, model, stepping = where["family_model_stepping"]
    text = (f"Measured on {where['date']}: {where['processor']} (family {family}, model {model}, stepping {stepping}), "
            f"{where['processors']} cores, {where['memory_gib']} GiB; libuhn {where['version']} ({where['commit']}) on "
            f"{where['isa']}, {where['threads']} threads, {where['compiler']}; "
            f"PyTorch {where['peers']['torch']}, FAISS {where['peers']['faiss']}, NumPy {where['peers']['numpy']}; "
            + ", ".join(f"{key}={value}" for key, value in where["environment"].items()) + ".")
    if where["quick"]:
        text += " A quick run (`--quick`): fewer rounds, smaller grids."
    return text


def heading(section, before):
    """Where a section was measured, if that is not what was said `before` it."""
    text = machine_text(section)
    return "" if text == before else text + "\n\n"


def roofline_text(section):
    roofline = section["results"]
    rows = []
    for row in targets.judge_steps(roofline):
        wanted = f"{row['target'] * 100:.0f} %" if row["target"] else ""
        if row["reached"] is not None:
            wanted += " reached" if row["reached"] else " **missed**"
        rows.append([row["name"], number(roofline["peaks_one_thread"][row["name"]] / 1e9), number(row["peak"] / 1e9),
                     number(row["kernel"] / 1e9), percent(row["share"]), wanted])
    steps = table(["element step", "in-cache peak, 1 thread", "all threads",
                   f"kernel in blocks, D {roofline['kernel_dim']}", "share", "to reach"], rows)
    reading = table(["buffer", "reading, 1 thread", "all threads"],
                    [[f"{int(size) / 2**20:.1f} MiB", f"{roofline['bandwidth_one_thread'][size] / 1e9:.1f} GB/s",
                      f"{value / 1e9:.1f} GB/s"]
                     for size, value in sorted(roofline["bandwidth"].items(), key=lambda item: int(item[0]))])
    return f"In 10⁹ pairs of coordinates a second:\n\n{steps}\n\n{reading}"


def _scaled(record):
    """Marks times that were measured on fewer queries."""
    marks = [side for side in ("ours", "peer") if side in record and
             record[side]["queries_timed"] < record[side]["queries"]]
    return " ~" if marks else ""


def targets_text(section):
    rows = []
    for record in section["results"]:
        ratio, reached = record["ratio"], record.get("reached")
        workload, _, against = record["name"].partition(", against ")
        if not against:
            against = record["against"]
        if "bandwidth_target" in record:
            against += f"; {percent(record['bandwidth_target'])} of bandwidth"
        rows.append([workload, against, f"{number(record['target'], 3)}×" if record.get("target") else "–",
                     f"{number(ratio['median'])}×{_scaled(record)}",
                     f"{number(ratio['min'])} to {number(ratio['max'])}",
                     "**answers differ**" if record["mismatch"] else
                     "–" if reached is None else "reached" if reached else "**missed**",
                     time_of(record["ours"]["seconds"]), number(record["pairs_per_second"] / 1e9),
                     f"{percent(record.get('share'))} of {record.get('bound', '–')}"])
    return table(["workload", "against", "to reach", "median", "min to max", "", "libuhn", "10⁹ pairs/s",
                  "of the roofline"], rows)


def flows_text(section):
    rows = []
    for record in section["results"]:
        ratio = record["ratio"]
        rows.append([record["beta_text"], number(record["support"]), record["against"],
                     f"{number(record['target'], 3)}×" if record.get("target") else "–",
                     f"{number(ratio['median'])}×{_scaled(record)}", f"{number(ratio['min'])} to {number(ratio['max'])}",
                     "**answers differ**" if record["mismatch"] else
                     "–" if not record.get("target") else "reached" if record["reached"] else "**missed**",
                     time_of(record["ours"]["seconds"]), time_of(record["peer"]["seconds"]),
                     f"{percent(record.get('share'))}"])
    return table(["β", "1/Σf² at the end", "against", "to reach", "median", "min to max", "", "libuhn", "NumPy",
                  "two products at the peak, over libuhn's time"], rows)


def footprint_text(section):
    rows = [[f"{record['kind']}, D {record['dim']}, N {record['stored']:,}, Q {record['queries']:,}",
             f"{record['memory_bytes'] / 2**20:.0f} MiB", f"{record['extra_bytes'] / 2**20:.1f} MiB",
             "reached" if record["reached"] else "**missed**"] for record in section["results"]]
    return table(["recall", "memory matrix", "extra at the peak", "64 MiB"], rows)


def grid_text(section):
    results = section["results"]
    parts = []
    for kind in dict.fromkeys(record["kind"] for record in results):
        mine = [record for record in results if record["kind"] == kind]
        queries = sorted({record["queries"] for record in mine})
        rows = []
        for dim, stored in dict.fromkeys((record["dim"], record["stored"]) for record in mine):
            row = [f"{dim:,}", f"{stored:,}"]
            for count in queries:
                found = [record for record in mine
                         if (record["dim"], record["stored"], record["queries"]) == (dim, stored, count)]
                row.append(_cell(found[0]) if found else "")
            rows.append(row)
        against = next((record["against"] for record in mine if record.get("against")), None)
        parts.append(f"**{kind}**" + (f", against {against}" if against else "") + "\n\n" +
                     table(["D", "N"] + [f"Q {count:,}" for count in queries], rows))
    return "\n\n".join(parts)


def _cell(record):
    if record["mismatch"]:
        return "**answers differ**"
    parts = [time_of(record["ours"]["seconds"]), percent(record.get("share"))]
    if record.get("ratio"):
        parts.append(f"{number(record['ratio']['median'])}×{_scaled(record)}")
    return ", ".join(parts)


def growth_text(section):
    results = section["results"]
    threads = {curve["kind"]: curve for curve in results["threads"]}
    rows = []
    for curve in results["memories"]:
        over = threads[curve["kind"]]
        first, last = over["points"][0], over["points"][-1]
        rows.append([curve["kind"], time_of(curve["points"][0]["seconds"]), time_of(curve["points"][-1]["seconds"]),
                     f"{curve['exponent']:.3f}", f"{over['exponent']:.3f}" if over["exponent"] is not None else "–",
                     f"{first['seconds'] / last['seconds']:.2f}×"])
    first = results["memories"][0]
    ends = [f"N {first['points'][end]['size']:,}" for end in (0, -1)]
    most = results["threads"][0]["points"][-1]["size"]
    return (table([f"D {first['dim']}, Q {first['queries']}", *ends, "exponent of N", "exponent of threads",
                   f"{most} threads against 1"], rows) +
            "\n\n![Time of a recall over the number of memories](growth-memories.svg)\n\n"
            "![Time of a recall over the number of threads](growth-threads.svg)")


def plot(curves, label, path, slope):
    """Times over sizes, both on a scale of ratios; `slope`: of the line that shows ideal growth."""
    blocks, lines = [], []
    for i, curve in enumerate(curves):
        blocks.append(f"$curve{i} << END\n" +
                      "\n".join(f"{point['size']} {point['seconds'] * 1e3}" for point in curve["points"]) + "\nEND")
        title = f"{curve['kind']}, exponent {curve['exponent']:.2f}"
        lines.append(f"$curve{i} using 1:2 with linespoints linewidth 2 pointtype 7 pointsize 0.6 "
                     f"linecolor rgb '{COLOURS[i % len(COLOURS)]}' title '{title}'")
    first = curves[0]["points"]
    middle = math.sqrt(min(curve["points"][0]["seconds"] for curve in curves) *
                       max(curve["points"][0]["seconds"] for curve in curves)) * 1e3
    lines.append(f"[{first[0]['size']}:{first[-1]['size']}] {middle} * (x / {first[0]['size']}.0)**({slope}) "
                 f"with lines dashtype 2 linecolor rgb '#888888' title 'exponent {slope}'")
    sizes = ", ".join(str(point["size"]) for point in first)
    # A white ground: the page that shows it may be dark.
    script = "\n".join([
        "set terminal svg size 720,540 font 'sans-serif,13' background rgb 'white'", f"set output '{path}'",
        *blocks, "set logscale xy", f"set xtics ({sizes})", f"set xlabel '{label}'",
        f"set ylabel 'milliseconds for {curves[0]['queries']} queries of {curves[0]['dim']} numbers'",
        f"set xrange [{first[0]['size'] / 1.1}:{first[-1]['size'] * 1.1}]",
        "set key above maxrows 4 samplen 2 Left reverse", "set grid linetype 1 linecolor rgb '#dddddd'",
        "set border 3", "set tics nomirror", "plot " + ", \\\n  ".join(lines)])
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


SECTIONS = {"roofline": roofline_text, "targets": targets_text, "flows": flows_text, "footprint": footprint_text, "grid": grid_text,
            "growth": growth_text}


def main():
    parser = argparse.ArgumentParser(prog="script/bench --report", description=__doc__)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--document", default=DOCUMENT, help="default: " + DOCUMENT)
    options = parser.parse_args()
    results = {}
    for name in options.files:
        with open(name, encoding="utf-8") as file:
            results.update(json.load(file))
    with open(options.document, encoding="utf-8") as file:
        text = file.read()
    said = ""
    for name in (name for name in SECTIONS if name in results):
        section = results[name]
        mark = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.S)
        if not mark.search(text):
            print(f"report: {options.document} has no place for {name}", file=sys.stderr)
            return 1
        body = heading(section, said) + SECTIONS[name](section)
        said = said or machine_text(section)
        text = mark.sub(lambda found, body=body: f"{found[1]}{body}\n{found[2]}", text)
    if "growth" in results:
        folder = os.path.dirname(options.document)
        curves = results["growth"]["results"]
        plot(curves["memories"], "memories", os.path.join(folder, "growth-memories.svg"), 1)
        if len(curves["threads"][0]["points"]) > 1:
            plot(curves["threads"], "threads", os.path.join(folder, "growth-threads.svg"), -1)
    with open(options.document + ".part", "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(options.document + ".part", options.document)
    return 0


if __name__ == "__main__":
    sys.exit(main())
