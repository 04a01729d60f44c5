"""What a run left on disk, searched for what must not be there.

    numbers = Numbers()
    numbers.add("8613870410293")               a number or an IMSI
    numbers.add_csv(octets)                    those of a file of rows
    numbers.found_in(octets)                   {(form, digits)}
    words_found(["7Q5Z"], octets)              {(form, word)}

A number is looked for as text, in UCS-2 of either byte order, and in BCD with
swapped nibbles (3GPP TS 23.040 9.1.2.3, TS 29.002), from either nibble on; a
word, with neither letter nor digit beside it, as text and in UCS-2.
"""
import csv
import gzip
import io
import re

MOBILE = re.compile(r"(?:86)?1[3-9]\d{9}")
IMSI = re.compile(r"\d{14,15}")
SWAPPED = bytes((b & 15) << 4 | b >> 4 for b in range(256))
PREFIX = 4                             # digits by which to look

csv.field_size_limit(1 << 30)          # a test has one long line


class Numbers:
    """MSISDNs with and without their country code, and IMSIs."""

    def __init__(self):
        self.known, self.patterns = {}, {}

    def add(self, digits):
        if MOBILE.fullmatch(digits):
            forms = [digits[-11:], "86" + digits[-11:]]
        else:
            forms = [digits] if IMSI.fullmatch(digits) else []
        for form in forms:
            self.known.setdefault(len(form), set()).add(form.encode())
        self.patterns = {}

    def add_csv(self, octets):
        """The columns imsi and msisdn; 1 when it has one."""
        if octets[:2] == b"\x1f\x8b":
            octets = gzip.decompress(octets)
        text = octets.decode(errors="replace").replace("\0", "")
        header, *rows = [*csv.reader(io.StringIO(text))] or [[]]
        for i, name in enumerate(header):
            if name.strip().lstrip("\ufeff") in ("imsi", "msisdn"):
                for row in rows:
                    if i < len(row):
                        self.add(row[i].strip().lstrip("+"))
                return 1
        return 0

    def __len__(self):
        return sum(map(len, self.known.values()))

    def in_digits(self, stream, shortest=0):
        """(place, number) of all in a stream of ASCII digits and others."""
        if not self.patterns:
            self.patterns = {
                n: re.compile(b"(?=(" + b"|".join(sorted(
                    {k[:PREFIX] for k in known})) + b"))")
                for n, known in self.known.items()}
        for n, pattern in self.patterns.items():
            if n < shortest:
                continue
            for m in pattern.finditer(stream):
                number = stream[m.start():m.start() + n]
                if number in self.known[n]:
                    yield m.start(), number

    def found_in(self, octets):
        found = {("text", n.decode()) for _, n in self.in_digits(octets)}
        for half in (0, 1):
            digits, others = octets[half::2], octets[1 - half::2]
            for i, number in self.in_digits(digits):
                n = len(number)
                # the zeros stand before the digits or behind them
                if not any(others[i:i + n]) or (
                        not half and i and not any(others[i - 1:i + n - 1])):
                    found.add(("UCS-2", number.decode()))
        # Eleven digits are found by chance in the pseudonyms of a large
        # store, and zeros where nothing is.
        nibbles = octets.translate(SWAPPED).hex().encode()
        found |= {("BCD", n.decode()) for _, n in self.in_digits(nibbles, 12)
                  if b"000000" not in n}
        return found


def words_found(words, octets):
    found = set()
    for form, streams in (("text", [octets]),
                          ("UCS-2", narrowed(octets))):
        for stream in streams:
            found |= {(form, w) for w in words if re.search(
                rb"(?i)(?<![0-9a-z])" + w.encode() + rb"(?![0-9a-z])",
                stream)}
    return found


def narrowed(octets):
    """What is ASCII in UCS-2, a NUL for all else; of either byte order, from
    either octet on."""
    for low, high in ((octets[0::2], octets[1::2]),
                      (octets[1::2], octets[2::2]),
                      (octets[1::2], octets[0::2]),
                      (octets[2::2], octets[1::2])):
        yield bytes(a if b == 0 else 0 for a, b in zip(low, high))
