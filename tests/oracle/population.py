"""Random cells, subscriber rows and records, dense in edge cases.

A stay is laid against an anchor (a window's edge, a local midnight, now, a
row's begin or end, the end of the stay before it) and lasts exactly one of a
few lengths, so that thresholds are met, missed by a second and passed by a
second all the time.  What a record means is not decided here.
"""
import csv
from datetime import datetime, timedelta, timezone

import oracle

DAY = 86400


class Record:
    """As in a file; `who` is ("imsi" or "msisdn", digits)."""
    __slots__ = ("at", "who", "place", "area")

    def __init__(self, at, who, place, area):
        self.at, self.who, self.place, self.area = at, who, place, area


class Person:
    """Subscriber rows that have IMSIs or MSISDNs in common, with their
    records.  `replaced` are first versions of some of the rows."""

    def __init__(self):
        self.rows, self.replaced, self.records = [], [], []
        self.imsis, self.msisdns = [], []


class Geography:
    """An operator's cells, and ways to say that one is in a region."""

    PALETTE = ("110000 120000 310000 500000 130100 130200 130600 131000 "
               "320100 320500 320600 419001 410100 410300 429004 429005 "
               "420100 440100 440300 440400 445100 460100 460200 540100 "
               "632700 659001 650100 810000 820000 710000").split()
    COUNTRIES = ("JP KR US GB IM JE GG AX FI DE FR TH SG RU KZ CA PR GU PS IL "
                 "RE YT AU NF VA IT XK GE CW BQ AE").split()

    def __init__(self, rng, conf, changes):
        self.rng = rng
        self.cells = []          # (place, region, valid_from or None)
        self.known = {}          # region -> {kind: [place]}
        self.numbers = {}        # region -> [prefix]
        self.moved = []          # places whose region changes with time
        self.read_tables(conf)
        for n, region in enumerate(self.PALETTE):
            self.add_region(n, region)
        for n in range(40):
            self.add_moved(n, changes)
        rng.shuffle(self.cells)

    def read_tables(self, conf):
        read = oracle.rows_of
        unsure = {(r["mcc"], r["mnc"]) for r in read(f"{conf}/plmn.csv")
                  if r["sure"] != "1"}
        self.plmns, self.prefixes, self.spare = {}, {}, {}
        for r in read(f"{conf}/networks.csv"):
            if (r["mcc"], r["mnc"]) not in unsure:
                self.plmns.setdefault(r["alpha2"], []).append(
                    r["mcc"] + "-" + r["mnc"])
        taken = {p for ps in self.plmns.values() for p in ps}
        self.junk = [f"plmn:{mcc}-{mnc}" for mcc, mnc in sorted(unsure)]
        for r in read(f"{conf}/mcc.csv"):
            if r["mnc_len"] not in ("2", "3"):
                continue
            for mnc in ("97", "98") if r["mnc_len"] == "2" else ("987",):
                plmn = f"{r['mcc']}-{mnc}"
                if plmn in taken:
                    continue
                if r["also"] or not r["alpha2"] or r["alpha2"] == "CN":
                    self.junk.append("plmn:" + plmn)
                else:
                    self.spare.setdefault(r["alpha2"], []).append(plmn)
        for r in read(f"{conf}/cc.csv"):
            self.prefixes.setdefault(r["alpha2"], []).append(r["prefix"])
        self.tadig = {r["alpha2"]: r["alpha3"]
                      for r in read(f"{conf}/countries.csv")}
        self.junk += ["plmn:" + p for p in self.plmns.pop("", [])]
        self.junk += ["plmn:" + p for p in self.plmns["CN"]]
        self.junk += ["gt:" + p + "123456" for p in self.prefixes.pop("", [])]
        self.junk += ("plmn:000-00 plmn:999-99 tadig:CHNCT tadig:CHNMO "
                      "tadig:QQQ01 gt:8613999000000 gt:999123456 gt:2101234567 "
                      "lai:460-00-65001 tai:460-11-65001 cgi:460-00-65001-7 "
                      "ecgi:460-11-268000001 ncgi:460-00-68000000001 "
                      "cgi:901-01-1-1 ecgi:234-03-77 tai:310-370-5 "
                      "cgi:234-98-4-4 rai:460-00-1 plmn: cgi:460-00-1 "
                      "nowhere").split()

    def cell(self, place, region, valid_from=None):
        self.cells.append((place, region, valid_from))
        return place

    def add_region(self, n, region):
        """Cells 460-00 or 460-11; the area 1000+n is the region's own, the
        area 3000+n is in no table."""
        area, lost = 1000 + n, 3000 + n
        known = {
            "cgi": [self.cell(f"cgi:460-00-{lost}-{c}", region)
                    for c in (1, 2, 65535)],
            "lai": [self.cell(f"lai:460-00-{area}", region)],
            "tai": [self.cell(f"tai:460-11-{area}", region)],
            "ecgi": [self.cell(f"ecgi:460-11-{lost * 256 + c}", region)
                     for c in (0, 255)],
            "ncgi": [self.cell(f"ncgi:460-00-{(lost << 20) + 4095}", region)],
        }
        self.known[region] = known
        # A shorter prefix of another region stands around half of them.
        prefix = f"86138{n // 2:03d}"
        if n % 2:
            prefix += "55"
        self.cell("gt:" + prefix, region)
        self.numbers[region] = [prefix]

    def add_moved(self, n, changes):
        """A cell that appears, or moves, at an edge; sometimes in an area
        that is known by itself."""
        regions = self.rng.sample(self.PALETTE[:27], 3)
        lac = 1000 + n % 27 if n % 2 else 5000 + n
        place = (f"cgi:460-00-{lac}-{40000 + n}",
                 f"ecgi:460-11-{100000000 + n}",
                 f"tai:460-11-{9000 + n}", f"gt:861397{n:02d}")[n % 4]
        times = sorted(self.rng.sample(changes, 2))
        if n % 3:
            self.cell(place, regions[0])
        for t, region in zip(times, regions[1:]):
            self.cell(place, region, t)
        if place.startswith("gt:"):
            place += "000001"
        self.moved.append(place)

    def place(self, region):
        """A place that is, mostly, in a region: (place, area)."""
        rng = self.rng
        if region == "moved":
            return rng.choice(self.moved), ""
        if region == "junk":
            return rng.choice(self.junk), ""
        if region in self.known and (region[:2] not in ("71", "81", "82") or
                                     rng.random() < 0.4):
            return self.at_home(region)
        alpha2 = {v: k for k, v in oracle.SPECIAL.items()}.get(region, region)
        return self.abroad(alpha2), ""

    def at_home(self, region):
        rng, known = self.rng, self.known[region]
        other = self.known[rng.choice(self.PALETTE)]
        lai, tai = known["lai"][0], known["tai"][0]
        lost = rng.randrange(10000, 60000)
        return rng.choice((
            lambda: (rng.choice(known["cgi"]), ""),
            # The cell is known: its area, right or wrong, says nothing.
            lambda: (rng.choice(known["cgi"]), other["lai"][0]),
            lambda: (rng.choice(known["ecgi"]), ""),
            lambda: (rng.choice(known["ecgi"]), other["tai"][0]),
            lambda: (known["ncgi"][0], ""),
            lambda: (lai, ""),
            lambda: (tai, ""),
            lambda: (f"cgi:460-00-7000-{lost}", lai),
            lambda: (f"cgi:460-00-7000-{lost}", tai),
            lambda: (f"ecgi:460-11-{lost}", tai),
            lambda: (f"ncgi:460-00-{lost}", tai),
            # By the area inside the cell's name, unless the column speaks.
            lambda: (f"cgi:{lai[4:]}-{lost}", ""),
            lambda: (f"cgi:460-00-0{lai[11:]}-00{lost}", ""),
            lambda: (f"cgi:{other['lai'][0][4:]}-{lost}", lai),
            lambda: (f"cgi:{lai[4:]}-{lost}", "lai:460-00-65001"),
            lambda: (f"gt:{self.numbers[region][0]}{rng.randrange(9999)}", ""),
            lambda: (f"gt:{self.numbers[region][0]}", ""),
        ))()

    def abroad(self, alpha2):
        rng = self.rng
        plmn = rng.choice(self.plmns.get(alpha2) or ["460-00"])
        spare = rng.choice(self.spare.get(alpha2) or [plmn])
        prefix = rng.choice(self.prefixes.get(alpha2) or ["86"])
        return rng.choice((
            f"plmn:{plmn}", f"plmn:{plmn}", f"plmn:{spare}",
            f"cgi:{plmn}-{rng.randrange(65535)}-{rng.randrange(65535)}",
            f"lai:{plmn}-{rng.randrange(1, 65534)}",
            f"tai:{spare}-{rng.randrange(1, 65534)}",
            f"ecgi:{plmn}-{rng.randrange(1 << 28)}",
            f"ncgi:{plmn}-{rng.randrange(1 << 36)}",
            f"tadig:{self.tadig[alpha2]}{rng.choice('0AZ')}{rng.randrange(10)}",
            f"gt:{prefix}{rng.randrange(10 ** 5):05d}",
        ))

    def some(self):
        """A few regions for one person, often of one province."""
        rng = self.rng
        home = self.PALETTE[:27]
        chosen = rng.sample(home, rng.choice((1, 1, 2)))
        if rng.random() < 0.5:
            chosen.append(rng.choice([r for r in home
                                      if r[:2] == chosen[0][:2]]))
        if rng.random() < 0.4:
            chosen.append(rng.choice(self.PALETTE[27:]))
        chosen += rng.sample(self.COUNTRIES, rng.choice((0, 0, 1, 2)))
        if rng.random() < 0.2:
            chosen.append("moved")
        return chosen


class Population:
    def __init__(self, rng, geography, zone, now, max_gap, services):
        self.rng, self.geography = rng, geography
        self.now, self.max_gap = now, max_gap
        self.edges = edges(zone, now, max_gap, services)
        self.lengths = [0, 0, 1, max_gap, max_gap + 1, 2 * max_gap,
                        min(DAY, 12 * max_gap)]
        for m in sorted({s.min_stay for s in services}):
            self.lengths += [m, m, m - 1, m - 1, m + 1]
        self.persons = []

    def grow(self, count, first=0):
        for n in range(first, first + count):
            self.persons.append(self.person(n))

    def person(self, n):
        p = Person()
        # Numbers far apart in the order of creation, and never twice.
        scattered = n * 7919 % 10000019
        p.imsis = [f"46000{scattered:09d}{i}" for i in range(2)]
        p.msisdns = [f"86139{scattered:08d}", f"86138{scattered:08d}"]
        self.make_rows(p)
        bounds = [t for r in p.rows for t in (r.since, r.until)
                  if t and t > self.now - 40 * DAY]
        regions = self.geography.some()
        for _ in range(self.rng.choice((1, 2, 3, 4, 5, 6, 7, 8))):
            self.make_stay(p, regions, bounds)
        self.rng.shuffle(p.records)
        return p

    # Rows.

    def make_rows(self, p):
        rng = self.rng
        kind = rng.choice(("plain",) * 4 + (
            "new", "two cards", "two cards", "recycled", "recycled",
            "new number", "again", "ended", "any", "any", "any"))
        old, t = self.now - 400 * DAY, rng.choice(self.edges)
        (i1, i2), (m1, m2) = p.imsis, p.msisdns
        ids = [("1234", "h%s" % i1), ("12X4", "g%s" % i1)]
        if rng.random() < 0.4:
            ids = rng.choice(([("1234", ""), ("1234", "")],
                              [("1234", ""), ("X234", "")],
                              [("", ""), ("", "")],
                              [("1234", "h"), ("1234", "")],
                              [("", "h"), ("1234", "h")]))
        a, b = ids

        def row(imsi, msisdn, who, since, until=None):
            p.rows.append(oracle.Row(imsi, msisdn, who[0], since, until,
                                     who[1]))

        around = [None, None, t, t - 1, t + 1, t + DAY, t - DAY]
        if kind == "plain":
            row(i1, m1, a, old)
        elif kind == "new":
            row(i1, m1, a, t)
        elif kind == "two cards":
            row(i1, m1, a, old, rng.choice(around))
            row(i2, m1, (a[0], a[1]), t)
        elif kind == "recycled":
            row(i1, m1, a, old, rng.choice(around))
            row(i2, m1, b, t)
            if rng.random() < 0.3:
                row(i1, m1, a, t + rng.choice((1, 3600, DAY, 3 * DAY)))
        elif kind == "new number":
            row(i1, m1, a, old, rng.choice(around))
            row(i1, m2, rng.choice(ids), t)
        elif kind == "again":
            row(i1, m1, a, old, rng.choice(around))
            row(i1, m1, rng.choice(ids), t)
        elif kind == "ended":
            row(i1, m1, a, old, self.now + rng.choice((-DAY, -1, 0, 1, DAY)))
        else:
            self.any_rows(p, row, ids)
        for r in p.rows:
            if rng.random() < 0.05:
                p.replaced.append(oracle.Row(
                    r.imsi, r.msisdn, rng.choice(("1234", "99XX", "")),
                    r.since, rng.choice((None, r.since + 5 * DAY)),
                    rng.choice((r.holder, "former", ""))))

    def any_rows(self, p, row, ids):
        """No two rows of one MSISDN begin together: which of them is asked
        for would be open."""
        rng, taken = self.rng, set()
        times = [self.now - 400 * DAY, self.now - 20 * DAY]
        for _ in range(rng.choice((2, 3, 3, 4))):
            imsi, msisdn = rng.choice(p.imsis), rng.choice(p.msisdns)
            since = rng.choice((rng.choice(self.edges), rng.choice(times)))
            if (msisdn, since) in taken:
                continue
            taken.add((msisdn, since))
            until = rng.choice((None, None, since + 1, since + DAY,
                                since + 5 * DAY,
                                max(since, self.now) + DAY))
            row(imsi, msisdn, rng.choice(ids), since, until)
            times += [since, since + DAY] + [until] * (until is not None)

    # Stays.

    def make_stay(self, p, regions, bounds):
        rng, gap = self.rng, self.max_gap
        region = rng.choice(regions)
        # Most go on where the last one ended, or stand against an edge.
        anchors = [rng.choice(self.edges)]
        if bounds:
            anchors.append(rng.choice(bounds))
        if p.records:
            last = rng.choice(p.records).at
            anchors += [last + rng.choice((0, 1, -1, gap, gap + 1, gap - 1,
                                           -gap, -gap - 1))] * 2
        anchor = rng.choice(anchors)
        length = rng.choice(self.lengths)
        before = rng.choice((0, 0, 0, length, length, length // 2,
                             rng.choice(self.lengths)))
        first = anchor - before
        last = max(first, anchor + length if before and rng.random() < .3
                   else first + length)
        shift = rng.choice((0, 0, 0, 0, 0, 1, -1))
        who = ("imsi", rng.choice((p.imsis[0], p.imsis[0], p.imsis[1])))
        if rng.random() < 0.15:
            who = ("msisdn", rng.choice((p.msisdns[0], p.msisdns[0],
                                         p.msisdns[1])))
        for t in self.steps(first + shift, last + shift):
            stray = rng.random()
            here = "junk" if stray < .02 else rng.choice(regions) \
                if stray < .04 else region
            p.records.append(Record(t, who, *self.geography.place(here)))

    def steps(self, first, last):
        """Times from first to last, mostly exactly max_gap apart; now and
        then one gap is a second too wide."""
        rng, gap = self.rng, self.max_gap
        widths = [gap] * 6 + [gap - 1] * 2 + [max(1, gap // 2)] * 2
        if rng.random() < 0.15:
            widths.append(gap + 1)
        if last - first > 8 * gap:
            widths = [gap]
        times = [first]
        while times[-1] < last:
            times.append(min(last, times[-1] + rng.choice(widths)))
        if rng.random() < 0.5:      # wide gaps last rather than first
            times = [first + last - t for t in times]
        return times


def edges(zone, now, max_gap, services):
    """The instants at which some rule changes its mind."""
    days = sorted({s.window_days for s in services})
    today = oracle.local_date(now, zone)
    back = {n: oracle.midnight(today - timedelta(days=n), zone)
            for n in range(-1, days[-1] + 1)}
    limit = back[days[-1]] - max_gap - 25 * 3600
    inside = [now] * 6 + [now + 300, now + 301, now + 299, now + 60,
                          now - 3600, back[0], back[0], back[0]]
    for n in days:
        inside += [back[n]] * 6 + [back[n] - max_gap, back[n - 1]]
    for n in (1, 2, 3, 5, 6, 8, 9, 12, 13, 15, 20, 25, 29):
        if n < days[-1]:
            inside += [back[n], back[n] + 1800 * (n * 7 % 48)]
    return inside + [limit, limit - 1, limit - DAY, now + 3600, back[-1]]


# ------------------------------------------------------------------- files

def rfc3339(t, rng):
    hours, minutes = rng.choice(((8, 0), (8, 0), (0, 0), (-3, 30), (5, 45)))
    offset = timedelta(hours=abs(hours), minutes=minutes)
    zone = timezone(offset if hours >= 0 else -offset)
    text = datetime.fromtimestamp(t, zone).isoformat()
    return text.replace("+00:00", "Z") if rng.random() < 0.5 else text


class Writer:
    """Times in any form that a file may have them in; a local midnight is
    sometimes a date."""

    def __init__(self, rng, zone):
        self.rng, self.zone = rng, zone

    def time(self, t):
        if t is None:
            return ""
        date = oracle.local_date(t, self.zone)
        if oracle.midnight(date, self.zone) == t and self.rng.random() < 0.7:
            return date.isoformat()
        return t if self.rng.random() < 0.5 else rfc3339(t, self.rng)


class Plain:
    """Epoch seconds."""

    @staticmethod
    def time(t):
        return "" if t is None else t


def write_csv(f, header, rows):
    w = csv.writer(f, lineterminator="\n")
    w.writerow(header)
    w.writerows(rows)


def write_cells(f, cells, writer):
    write_csv(f, ["place", "region", "valid_from"],
              [(p, r, writer.time(t)) for p, r, t in cells])


def write_subscribers(f, rows, writer=Plain):
    header = ["holder", "imsi", "msisdn", "id_last4", "active_since",
              "active_until", "carrier", "language"]
    write_csv(f, header,
              [(r.holder, r.imsi, r.msisdn, r.digits, writer.time(r.since),
                writer.time(r.until), "", "") for r in rows])


def write_records(f, records, key, rng, plain=False):
    """Columns in any order, times in any form, and a column nobody knows."""
    header = ["time", key, "place", "area", "remark"]
    if plain:
        header = ["time", key, "place", "area"]
    else:
        rng.shuffle(header)
    form = 1 if plain else rng.choice((0, 0.5, 1))
    rows = []
    for r in records:
        when = r.at if rng.random() > form else rfc3339(r.at, rng)
        value = {"time": when, key: r.who[1], "place": r.place,
                 "area": r.area, "remark": "x"}
        rows.append([value[h] for h in header])
    write_csv(f, header, rows)
