"""A site to test against: key, configuration, cells, subscribers, records.

    site = Site()
    site.smsc("cmcc-1", smsc)                  an Smsc of smsc.py
    site.subscriber("8613800000001", "1234")
    site.stay("8613800000001", "beijing", "2 days ago 08:00", hours=10)
    site.build()                               writes the files, imports them
    gw = site.gateway()                        smsc-gw, its clock at NOW
    site.hlr("cmcc", hlr)                      an Hlr of hlr.py
    gw = site.ussd_gateway()                   ussd-gw, likewise

Everything lies in a folder below TEST_DIR, and time stands at NOW.  The
dictionaries top, carriers, services, smscs and hlrs are the configuration, to
be changed before `write` or `build`.
"""
import csv
import datetime
import os
import re

from tap import DIR, O, ROOT, SMSC_GW, TRAVELCARD, USSD_GW, run, start

ZONE = datetime.timezone(datetime.timedelta(hours=8))   # Asia/Shanghai
NOW = datetime.datetime(2026, 11, 22, 8, tzinfo=ZONE)

# Where one can be, and the records' place for it; mainland ones are cells.
PLACES = {
    "beijing": "cgi:460-00-4100-1", "tianjin": "cgi:460-00-4200-1",
    "langfang": "cgi:460-00-4210-1", "shanghai": "cgi:460-00-6145-52301",
    "guangzhou": "cgi:460-00-9000-7", "wuhan": "cgi:460-00-7000-9",
    "hong kong": "plmn:454-12", "macao": "plmn:455-01",
    "taiwan": "plmn:466-92", "japan": "plmn:440-10", "germany": "tadig:DEUD1",
}
CELLS = {"beijing": "110000", "tianjin": "120000", "langfang": "131000",
         "shanghai": "310000", "guangzhou": "440100", "wuhan": "420100"}


def when(text):
    """A time: a datetime, RFC 3339, or "2 days ago 08:00" (local)."""
    if isinstance(text, datetime.datetime):
        return text
    m = re.fullmatch(r"(?:(\d+) days? ago|today) (\d\d):(\d\d)", text)
    if not m:
        return datetime.datetime.fromisoformat(text)
    day = NOW - datetime.timedelta(days=int(m[1] or 0))
    return day.replace(hour=int(m[2]), minute=int(m[3]))


def imsi_of(msisdn):
    """The IMSI a test subscriber has unless told otherwise."""
    return "46000" + msisdn[-10:]


def option(name, value):
    """One line of configuration."""
    if isinstance(value, bool):
        value = "yes" if value else "no"
    elif isinstance(value, (list, tuple)):
        value = "{" + ", ".join(f'"{v}"' for v in value) + "}"
    elif isinstance(value, str):
        value = f'"{value}"'
    return f"{name} = {value}\n"


def section(kind, name, options):
    body = "".join("\t" + option(k, v) for k, v in options.items())
    title = f' "{name}"' if name else ""
    return f'{kind}{title} {{\n{body}}}\n'


class Site:
    def __init__(self, name="site"):
        self.dir = os.path.join(DIR, name)
        os.makedirs(self.dir)
        self.top = {"store": f"sqlite:{self.path('store')}",
                    "key_file": self.path("site.key"),
                    "tables": os.path.join(ROOT, "conf"),
                    "zone": "Asia/Shanghai", "country_code": "86",
                    "log_level": "debug", "run_dir": self.dir}
        self.carriers = {"cmcc": {"name_zh": "中国移动",
                                  "name_en": "China Mobile",
                                  "hotline": "10086"}}
        self.services = {"cmcc-sms": {
            "carrier": "cmcc", "code": ["10086"], "keywords": ["CXMYD"],
            "identity": "inline", "consent": "none"}}
        self.smscs, self.hlrs = {}, {}
        # tests ask again and again
        self.limits = {"repeat_window": 0, "texts_per_hour": 1000}
        self.cells = [(PLACES[p], region) for p, region in CELLS.items()]
        self.subscribers, self.records = {}, []
        self.complete_to = NOW
        self.conf = self.path("travelcard.conf")
        self.put("site.key", os.urandom(32), 0o600)

    def path(self, name):
        return os.path.join(self.dir, name)

    def put(self, name, data, mode=0o644):
        """Write a file of the site; returns its path."""
        with open(self.path(name), "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        os.chmod(self.path(name), mode)
        return self.path(name)

    def put_csv(self, name, header, rows):
        with open(self.path(name), "w", newline="", encoding="utf-8") as f:
            out = csv.writer(f, lineterminator="\n")
            out.writerow(header.split(","))
            out.writerows(rows)
        return self.path(name)

    # What is in it.

    def smsc(self, name, smsc, carrier="cmcc", **options):
        """A link to an SMSC of smsc.py."""
        self.put(f"{name}.password", smsc.password + "\n", 0o600)
        if smsc.tls:
            options = {"tls": True, "tls_ca": smsc.tls.ca, **options}
        self.smscs[name] = {
            "carrier": carrier, "host": smsc.address, "port": smsc.port,
            "system_id": smsc.system_id,
            "password_file": self.path(f"{name}.password"), **options}

    def hlr(self, title, hlr, carrier="cmcc", **options):
        """A link to an HLR of hlr.py."""
        self.hlrs[title] = {"carrier": carrier, "host": hlr.address,
                            "port": hlr.port, "name": "TRAVEL", **options}

    def subscriber(self, msisdn, digits="", since="2020-01-01", imsi=None,
                   **columns):
        """columns: active_until, holder, carrier, language."""
        imsi = imsi or imsi_of(msisdn)
        self.subscribers[imsi, since] = {
            "imsi": imsi, "msisdn": msisdn, "id_last4": digits,
            "active_since": since, **columns}

    def record(self, msisdn, place, time):
        self.records.append((when(time).isoformat(), imsi_of(msisdn),
                             PLACES.get(place, place)))

    def stay(self, msisdn, place, begin, hours, every=1):
        """Records from `begin` on, one every so many hours."""
        for h in range(0, hours + 1, every):
            self.record(msisdn, place,
                        when(begin) + datetime.timedelta(hours=h))

    # Making it so.

    def write(self):
        """The configuration and the CSV files."""
        text = "".join(option(k, v) for k, v in self.top.items())
        for kind in ("carrier", "service", "smsc", "hlr"):
            for name, options in getattr(self, kind + "s").items():
                text += section(kind, name, options)
        text += section("limits", None, self.limits)
        self.put("travelcard.conf", text)
        self.put_csv("cells.csv", "place,region", self.cells)
        header = "imsi,msisdn,id_last4,active_since,active_until,holder," \
            "carrier,language"
        self.put_csv("subscribers.csv", header,
                     [[s.get(c, "") for c in header.split(",")]
                      for s in self.subscribers.values()])
        self.put_csv("records.csv", "time,imsi,place", self.records)

    def build(self):
        """Write and import all; an import that fails ends the test."""
        self.write()
        self.load("cells", "cells.csv")
        self.load("subscribers", "subscribers.csv")
        complete = self.complete_to and \
            ["--complete-to", when(self.complete_to).isoformat()]
        self.load("records", "records.csv", *complete or [])

    def load(self, kind, name, *options):
        p = self.travelcard("import", kind, self.path(name), *options)
        if p.returncode:
            raise RuntimeError(f"import {kind}: exit {p.returncode}\n"
                               f"{p.stdout}{p.stderr}")

    def travelcard(self, *args, stdin=None):
        """The operator's tool, its clock standing at NOW."""
        return run(TRAVELCARD, "-c", self.conf, "--at", NOW.isoformat(),
                   *args, stdin=stdin)

    def slowed(self, microseconds, which=None):
        """The environment in which each look-up takes so much longer, or only
        those in a store whose path has that in it; after write() or build().
        SQLite has to be asked each time, so the page cache is a small one."""
        self.top["store_cache"] = 8
        self.write()
        return {"LD_PRELOAD": os.path.join(O, "tests/bench/slow_store.so"),
                "ASAN_OPTIONS": "verify_asan_link_order=0",
                "BENCH_LOOKUP_US": str(microseconds),
                **({"BENCH_STORE": which} if which else {})}

    def gateway(self, *args, log="smsc-gw.log"):
        """smsc-gw, its clock running on from NOW; a Popen."""
        return start(SMSC_GW, "-c", self.conf, "-t", NOW.isoformat(), *args,
                     log=log)

    def ussd_gateway(self, *args, log="ussd-gw.log"):
        """ussd-gw, its clock running on from NOW; a Popen."""
        return start(USSD_GW, "-c", self.conf, "-t", NOW.isoformat(), *args,
                     log=log)
