"""The meaning rules once more, as plainly as they can be said.

Nothing here is clever: every record is kept, runs are made by sorting all
times, and each question is worked out from the beginning.  It shares neither
code nor a way of thinking with core/, so that a mistake there shows as a
difference here.

All times are whole epoch seconds.  A region is six digits for a mainland
division, 810000 Hong Kong, 820000 Macao, 710000 Taiwan, or two letters for a
country.
"""
import csv
import re
from collections import defaultdict
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

SPECIAL = {"HK": "810000", "MO": "820000", "TW": "710000"}
FUTURE_ALLOWANCE = 300
PROOF_MARGIN = 25 * 3600
FOREVER = 1 << 60


class Refused(Exception):
    """A record that is not taken in, and why."""


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def instant(text, zone):
    """RFC 3339 with offset, epoch seconds, or a date: its local midnight."""
    if re.fullmatch(r"\d+", text):
        return int(text)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return midnight(datetime.strptime(text, "%Y-%m-%d").date(), zone)
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)",
                        text):
        raise Refused("time")
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        raise Refused("time") from None


def midnight(date, zone):
    return int(datetime.combine(date, time(0), ZoneInfo(zone)).timestamp())


def local_date(now, zone):
    return datetime.fromtimestamp(now, ZoneInfo(zone)).date()


def window(now, zone, days, horizon):
    """[lo, hi) of a query made at `now`."""
    today = local_date(now, zone)
    lo = midnight(today - timedelta(days=days), zone)
    return lo, (now if horizon == "now" else midnight(today, zone))


# ------------------------------------------------------------------ places

class Places:
    """Place -> region, by the reference tables and the operator's cells."""

    def __init__(self, conf):
        self.province = {r["code"]: r["parent"]
                         for r in rows_of(f"{conf}/regions.csv")}
        self.alpha3 = {r["alpha3"]: r["alpha2"]
                       for r in rows_of(f"{conf}/countries.csv")}
        self.mcc = {r["mcc"]: r for r in rows_of(f"{conf}/mcc.csv")}
        self.plmn = {(r["mcc"], r["mnc"]): r
                     for r in rows_of(f"{conf}/plmn.csv")}
        self.networks = {(r["mcc"], r["mnc"]): r["alpha2"]
                         for r in rows_of(f"{conf}/networks.csv")}
        self.cc = {r["prefix"]: r["alpha2"]
                   for r in rows_of(f"{conf}/cc.csv")}
        self.cells = defaultdict(list)

    def add_cell(self, place, region, valid_from=0):
        self.cells[place].append((valid_from, region))

    def own(self, place, at):
        """The operator's own word on a place at a time, or None."""
        valid = [c for c in self.cells.get(place, []) if c[0] <= at]
        return max(valid)[1] if valid else None

    def region(self, place, area, at):
        if place.startswith("gt:"):
            return self.number(place[3:], at)
        if place.startswith("tadig:"):
            return self.abroad(self.alpha3.get(place[6:9], ""))
        kind, parts = self.parse(place)
        candidates = [kind + ":" + "-".join(parts), area]
        if kind == "cgi":
            candidates.append("lai:" + "-".join(parts[:3]))
        for candidate in candidates:
            region = candidate and self.own(candidate, at)
            if region:
                return region
        return self.network(parts[0], parts[1])

    @staticmethod
    def parse(place):
        counts = {"cgi": 4, "ecgi": 3, "ncgi": 3, "lai": 3, "tai": 3,
                  "plmn": 2}
        kind, _, rest = place.partition(":")
        parts = rest.split("-")
        if len(parts) != counts.get(kind) or not all(
                re.fullmatch("[0-9]+", p) for p in parts):
            raise Refused("place")
        # Numbers are decimal, so zeros before them say nothing.
        return kind, parts[:2] + [str(int(p)) for p in parts[2:]]

    def number(self, digits, at):
        """A VLR or MSC number: longest prefix, own table first."""
        if not re.fullmatch("[0-9]{1,15}", digits):
            raise Refused("place")
        prefixes = [digits[:n] for n in range(len(digits), 0, -1)]
        for prefix in prefixes:
            region = self.own("gt:" + prefix, at)
            if region:
                return region
        for prefix in prefixes:
            if prefix in self.cc:
                return self.abroad(self.cc[prefix])
        raise Refused("unknown")

    def network(self, mcc, mnc):
        if (mcc, mnc) in self.plmn:
            row = self.plmn[mcc, mnc]
            if row["sure"] != "1":
                raise Refused("ambiguous")
            return self.abroad(row["alpha2"])
        if (mcc, mnc) in self.networks:
            return self.abroad(self.networks[mcc, mnc])
        if mcc not in self.mcc:
            raise Refused("unknown")
        if self.mcc[mcc]["also"]:
            raise Refused("ambiguous")
        return self.abroad(self.mcc[mcc]["alpha2"])

    @staticmethod
    def abroad(alpha2):
        """What a network or a number says by itself."""
        if not alpha2:
            raise Refused("non-geographic or unknown")
        if alpha2 == "CN":
            raise Refused("mainland network alone")
        return SPECIAL.get(alpha2, alpha2)


def is_mainland(region):
    return region.isdigit() and region not in SPECIAL.values()


def group(region):
    """0 mainland, 1 Hong Kong, Macao and Taiwan, 2 countries."""
    if region in SPECIAL.values():
        return 1
    return 0 if region.isdigit() else 2


# ----------------------------------------------------------------- persons

class Row:
    """One subscriber row; `until` is None where the file leaves it empty."""

    def __init__(self, imsi, msisdn, digits, since, until=None, holder=""):
        self.imsi, self.msisdn, self.digits = imsi, msisdn, digits
        self.since, self.until, self.holder = since, until, holder

    def key(self):
        return self.imsi, self.msisdn, self.since

    def same_person(self, other):
        """Whether two rows of one MSISDN are one person's."""
        if self.msisdn != other.msisdn:
            return False
        if self.key() == other.key():
            return True
        if self.holder or other.holder:
            return self.holder == other.holder
        return self.digits != "" and self.digits == other.digits


class Service:
    def __init__(self, name, window_days=14, min_stay=4 * 3600,
                 granularity="city", horizon="now"):
        self.name, self.window_days, self.min_stay = (name, window_days,
                                                      min_stay)
        self.granularity, self.horizon = granularity, horizon


# ------------------------------------------------- lines of points, as (lo, hi)

def added(lines, lo, hi):
    apart = [(a, b) for a, b in lines if b + 1 < lo or a > hi + 1]
    with_it = [l for l in lines if l not in apart] + [(lo, hi)]
    return apart + [(min(a for a, _ in with_it), max(b for _, b in with_it))]


def removed(lines, lo, hi):
    pieces = [p for a, b in lines
              for p in ((a, min(b, lo - 1)), (max(a, hi + 1), b))]
    return [(a, b) for a, b in pieces if a <= b]


# ---------------------------------------------------------------- the rules

class Oracle:
    def __init__(self, places, zone="Asia/Shanghai", max_gap=3 * 3600,
                 longest_window=30):
        self.places, self.zone, self.max_gap = places, zone, max_gap
        self.longest_window = longest_window
        self.by_imsi = defaultdict(list)
        self.by_msisdn = defaultdict(list)
        # (imsi, region) -> times; imsi -> regions
        self.times = defaultdict(set)
        self.regions = defaultdict(set)
        self.corrections = defaultdict(list)    # by msisdn
        self.deleted = {}                       # imsi or msisdn -> time

    # Rows.

    def provision(self, row):
        """Takes a row in; one of the same key is replaced."""
        for rows in self.by_imsi[row.imsi], self.by_msisdn[row.msisdn]:
            rows[:] = [r for r in rows if r.key() != row.key()] + [row]

    def end(self, row):
        """The exclusive end of a row."""
        if row.until is not None:
            return row.until
        ends = [r.since for r in self.by_imsi[row.imsi]
                if r.since > row.since and r.msisdn != row.msisdn]
        ends += [r.since for r in self.by_msisdn[row.msisdn]
                 if r.since > row.since and not r.same_person(row)]
        return min(ends, default=FOREVER)

    def active_row(self, msisdn, at):
        active = [r for r in self.by_msisdn.get(msisdn, [])
                  if r.since <= at < self.end(r)]
        return max(active, key=lambda r: r.since, default=None)

    # Records.

    def oldest(self, now):
        """Records before this are refused."""
        lo, _ = window(now, self.zone, self.longest_window, "now")
        return lo - self.max_gap - PROOF_MARGIN

    def record(self, now, when, place, area="", imsi=None, msisdn=None):
        """Takes one record in at the time `now`, or raises Refused."""
        at = instant(when, self.zone) if isinstance(when, str) else when
        if at < self.oldest(now):
            raise Refused("late")
        if at > now + FUTURE_ALLOWANCE:
            raise Refused("future")
        if at < self.deleted.get(imsi or msisdn, 0):
            raise Refused("deleted")
        region = self.places.region(place, area, at)
        if imsi is None:
            row = self.active_row(msisdn, at)
            if row is None:
                raise Refused("no active subscriber")
            imsi = row.imsi
            if at < self.deleted.get(imsi, 0):
                raise Refused("deleted")
        self.times[imsi, region].add(at)
        self.regions[imsi].add(region)

    # What an operator does.

    def correct(self, made, msisdn, act, region, since, until):
        """An interval [since, until) added or removed at the time `made`;
        false when it is not taken."""
        holder = self.active_row(msisdn, made)
        if holder is None or not since < until <= made or \
                until <= self.oldest(made) or not any(
                    r.since < until and since < self.end(r)
                    for r in self.by_msisdn[msisdn] if r.same_person(holder)):
            return False
        self.corrections[msisdn].append((made, act, region, since, until))
        return True

    def purge(self, now, msisdn):
        """Deletes the person who has the number now, or had it last; false
        when there is none."""
        rows = self.by_msisdn.get(msisdn, [])
        holder = self.active_row(msisdn, now) or max(
            rows, key=lambda r: r.since, default=None)
        if holder is None:
            return False
        person = [r for r in rows if r.same_person(holder)]
        imsis = {r.imsi for r in person}
        for row in rows + [r for i in imsis for r in self.by_imsi[i]]:
            if self.end(row) < FOREVER:
                row.until = self.end(row)   # as it is with them, so without
        for row in person:
            if row.since < now:
                self.deleted[msisdn] = now
                self.forget(row.imsi, min(now, self.end(row)))
        for row in person:
            self.by_imsi[row.imsi].remove(row)
            self.by_msisdn[msisdn].remove(row)
        self.corrections[msisdn] = []
        return True

    def forget(self, imsi, before):
        """Nothing is known of what was before; a run that goes on then begins
        then."""
        self.deleted[imsi] = max(before, self.deleted.get(imsi, 0))
        for region in self.regions[imsi]:
            across = [first for first, last in self.runs(imsi, region)
                      if first < before <= last]
            times = {t for t in self.times[imsi, region] if t >= before}
            self.times[imsi, region] = times | {before for _ in across}

    def corrected(self, stays, region, msisdn, person, now):
        """Stays with the corrections made until now.

        A second t is the point 2t, and the time behind it, before the next
        second, the point 2t + 1.  So [since, until) is the points from 2 since
        to 2 until - 1, and what meets has no point between."""
        active = [(2 * max(r.since, 0), 2 * self.end(r) - 1) for r in person]
        lines = [(2 * first, 2 * last if stop == last else 2 * stop - 1)
                 for first, last, stop in stays]
        made = sorted((c for c in self.corrections[msisdn] if c[0] <= now),
                      key=lambda c: c[0])
        for _, act, where, since, until in made:
            if where != region:
                continue
            for lo, hi in active:
                lo, hi = max(lo, 2 * since), min(hi, 2 * until - 1)
                if lo > hi:
                    continue
                if act == "add":
                    lines = added(lines, lo, hi)
                else:
                    lines = removed(lines, lo, hi)
        return [(lo // 2, hi // 2, (hi + 1) // 2) for lo, hi in lines]

    # Answers.

    def runs(self, imsi, region):
        """Maximal runs of times whose neighbours are at most max_gap apart,
        as [first, last]."""
        runs = []
        for t in sorted(self.times[imsi, region]):
            if runs and t - runs[-1][1] <= self.max_gap:
                runs[-1][1] = t
            else:
                runs.append([t, t])
        return runs

    def pieces(self, rows, region):
        """The runs of these rows, each cut at its row's active time.  A piece
        is (first second of presence, last one, moment its length ends)."""
        pieces = []
        for row in rows:
            end = self.end(row)
            for first, last in self.runs(row.imsi, region):
                piece = (max(first, row.since), min(last, end - 1),
                         min(last, end))
                if piece[0] <= piece[1]:
                    pieces.append(piece)
        return pieces

    def merge(self, pieces):
        """Pieces at most max_gap apart are one stay."""
        stays = []
        for first, last, stop in sorted(pieces):
            if stays and first - stays[-1][2] <= self.max_gap:
                stays[-1][1] = max(stays[-1][1], last)
                stays[-1][2] = max(stays[-1][2], stop)
            else:
                stays.append([first, last, stop])
        return stays

    def visited_until(self, stays, region, service, lo, hi):
        """The latest end of a stay that counts, or None."""
        ends = []
        for first, last, stop in stays:
            first, last, stop = max(first, lo), min(last, hi - 1), min(stop, hi)
            if first > last:
                continue
            if is_mainland(region) and stop - first < service.min_stay:
                continue
            ends.append(stop)
        return max(ends, default=None)

    def answer(self, msisdn, service, now):
        """The codes in their order; None for a number not provisioned."""
        asker = self.active_row(msisdn, now)
        if asker is None:
            return None
        lo, hi = window(now, self.zone, service.window_days, service.horizon)
        person = [r for r in self.by_msisdn[msisdn] if r.same_person(asker)]
        shown = {}
        for region in set().union(
                *(self.regions[r.imsi] for r in person),
                (c[2] for c in self.corrections[msisdn])):
            stays = self.merge(self.pieces(person, region))
            stays = self.corrected(stays, region, msisdn, person, now)
            end = self.visited_until(stays, region, service, lo, hi)
            if end is None:
                continue
            code = region
            if service.granularity == "province" and is_mainland(region):
                code = self.places.province[region]
            shown[code] = max(end, shown.get(code, end))
        return sorted(shown, key=lambda c: (group(c), -shown[c], c))
