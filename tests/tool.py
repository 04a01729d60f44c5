"""The operator's tool, watched: what an import took and refused, and whether
a number can be found in what it leaves behind."""
import csv
import os
import re
import struct


class Import:
    """What an import said, and its file of rejected lines."""

    def __init__(self, process):
        self.status = process.returncode
        self.stdout, self.stderr = process.stdout, process.stderr
        self.said = process.stdout + process.stderr
        m = re.search(r"(\d+) lines of \d+ files?, (\d+) taken, (\d+) reject"
                      r"ed(?:, (\d+) told something new, (\d+) expired)?",
                      process.stdout)
        self.lines, self.taken, self.rejected, self.new, self.expired = \
            [g and int(g) for g in m.groups()] if m else [None] * 5
        self.reasons = {k: int(n) for k, n in re.findall(
            r"^  ([a-z-]+) +(\d+)$", process.stdout, re.M)}
        m = re.search(r"^  listed in (.+)$", process.stdout, re.M)
        self.path = m[1] if m else None

    def rejects(self):
        """The file of rejected lines as dictionaries."""
        if self.path is None:
            return []
        with open(self.path, newline="", encoding="utf-8") as f:
            return list(csv.DictReader(f))

    def by_line(self):
        return {int(r["line"]): r["reason"] for r in self.rejects()}


def imported(site, kind, *files, stdin=None):
    """Import files of the site by name, or options, as they come."""
    files = [site.path(f) if f[0] not in "-/" and
             os.path.exists(site.path(f)) else f for f in files]
    return Import(site.travelcard("import", kind, *files, stdin=stdin))


def forms(number):
    """The ways in which digits may lie about: as text, as UTF-16, as an
    integer of either order, and as BCD of either order of the halves."""
    n = int(number)
    size = (n.bit_length() + 7) // 8
    padded = number + "F" * (len(number) % 2)
    swapped = "".join(b + a for a, b in zip(padded[::2], padded[1::2]))
    return [number.encode(), number.encode("utf-16-le"),
            n.to_bytes(size, "big"), n.to_bytes(size, "little"),
            bytes.fromhex(padded), bytes.fromhex(swapped)]


def found(secrets, folder):
    """Where below a folder one of the secrets, octets, lies open."""
    where = []
    for root, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(root, name), "rb") as f:
                data = f.read()
            where += [(name, s) for s in secrets if s in data]
    return where


def slices(blob, bits):
    """The slices of a blob (core/slices.h): of each its lowest key, the octets
    of a key's rest, and where it lies."""
    shift, base = blob[1], int.from_bytes(blob[2:10], "little")
    width = 2 if len(blob) < 65536 else 4
    body = at = 10 + (width << bits)
    for i in range(1 << bits):
        end = body + int.from_bytes(blob[10 + width * i:][:width], "little")
        yield base + (i << shift), (shift + 7) // 8, at, end
        at = end


def subscriber_rows(db):
    """What an open stays.db holds of subscribers (core/rows.h): for each row
    the bucket's id, where its sealed numbers lie in it, its MSISDN's key, what
    else is fixed, its sealed numbers, and what may be given."""
    fixed = struct.Struct("<BBqqqq16s")
    for bucket, blob in db.execute("SELECT id, rows FROM subscriber "
                                   "ORDER BY id").fetchall():
        for lowest, rest, at, last in slices(blob, 3):
            while at < last:
                msisdn = lowest + int.from_bytes(blob[at:at + rest], "big")
                at += rest
                given, language, *keys, sealed = fixed.unpack_from(blob, at)
                at += fixed.size
                end = at + 8 * (given & 1) + 4 * (given & 2)
                if given & 4:
                    end += 1 + blob[end]
                yield (bucket, at - 16, msisdn, (language, *keys), sealed,
                       blob[at:end])
                at = end
