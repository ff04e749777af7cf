"""Reads CSV text (RFC 4180) and gives count, mean, median, deviation and range of each numeric column."""

import csv
import io
import statistics

from belljar import ToolError


def summarize(values: list[float]) -> dict[str, float]:
    deviation = statistics.stdev(values) if len(values) > 1 else 0
    exact = {"mean": statistics.fmean(values), "median": statistics.median(values), "stdev": deviation}
    rounded = {name: round(value, 6) for name, value in exact.items()}
    return {"count": len(values), **rounded, "min": min(values), "max": max(values)}


def number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def run(input: dict) -> dict:
    text, delimiter = input["csv"], input.get("delimiter", ",")
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True) if row]
    except csv.Error as error:
        raise ToolError(str(error), code="bad-csv")
    if not rows:
        raise ToolError("there is no header line", code="empty")
    header, *rows = rows
    columns = {}
    for index, name in enumerate(header):
        cells = [cell for row in rows if index < len(row) and (cell := row[index].strip())]
        numbers = [number(cell) for cell in cells]
        if cells and None not in numbers:
            columns[name] = summarize(numbers)
        else:
            columns[name] = {"count": len(cells), "distinct": len(set(cells))}
    return {"rows": len(rows), "columns": columns}
