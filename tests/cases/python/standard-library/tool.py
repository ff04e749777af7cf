"""Modules that tools use most, each by one call."""

import base64, bisect, calendar, collections, contextlib, copy, csv, datetime, decimal, difflib, email.utils, fnmatch, fractions  # noqa
import functools, gzip, hashlib, heapq, hmac, html, html.parser, io, itertools, json, locale, math, operator, pickle, pprint, re  # noqa
import shlex, statistics, string, struct, tempfile, textwrap, time, timeit, tomllib, types, typing, unicodedata, unittest, urllib.parse  # noqa
import xml.etree.ElementTree as ET
import zipfile, zlib, zoneinfo, argparse, ast, colorsys, configparser, dis, graphlib, ipaddress, numbers, queue, reprlib, secrets  # noqa


def run(input):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "hello" * 100)
    return {
        "gzip": gzip.decompress(gzip.compress(b"hello")).decode(),
        "zip": zipfile.ZipFile(io.BytesIO(buffer.getvalue())).read("a.txt").decode()[:5],
        "sha": hashlib.sha256(b"a").hexdigest()[:8],
        "md5": hashlib.md5(b"a").hexdigest()[:8],
        "blake": hashlib.blake2b(b"a", digest_size=4).hexdigest(),
        "hmac": hmac.new(b"k", b"m", "sha256").hexdigest()[:8],
        "zone": datetime.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")).isoformat(),
        "local": time.localtime(0).tm_hour,
        "parsed": datetime.datetime.strptime("2 Jan 2020", "%d %b %Y").date().isoformat(),
        "xml": [one.text for one in ET.fromstring("<a><b>1</b><b>2</b></a>")],
        "toml": tomllib.loads("a = [1, 2]"),
        "csv": list(csv.DictReader(io.StringIO("a,b\n1,2\n"))),
        "decimal": str(decimal.Decimal(1) / 3)[:6],
        "fraction": str(fractions.Fraction(1, 3) + 1),
        "regular": re.sub(r"(?P<a>\w+) (\w+)", r"\2 \g<a>", "one two"),
        "name": unicodedata.name("ß"),
        "median": statistics.median([3, 1, 2]),
        "diff": list(difflib.ndiff(["a"], ["b"])),
        "pickle": pickle.loads(pickle.dumps({"a": 1})),
        "set": sorted({"b", "a"}),
        "order": list({"z", "y", "x"}) == list({"z", "y", "x"}),
        "hash": hash("a") == hash("a"),
        "ip": str(ipaddress.ip_network("10.0.0.0/30").broadcast_address),
        "shlex": shlex.split("a 'b c'"),
        "match": [kind({"type": "x", "n": 1}), kind([1, 2])],
        "version": input["version"],
    }


def kind(value):
    match value:
        case {"type": str(name), **rest}:
            return f"{name} {rest}"
        case [first, *_]:
            return f"list of {first}"
