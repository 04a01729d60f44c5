"""Text scenarios, played against the dialogue of both gateways on a clock of
their own.  README tells how to write one.

    play = Play(path, folder)      read; ValueError with the line for nonsense
    faults = play.run()            [] when all went as the scenario says
    play.keys                      {(language, key)} of the texts that it put
"""
import csv
import datetime
import os
import re
import shlex
import subprocess

from tap import O, ROOT, TRAVELCARD

ZONE = datetime.timezone(datetime.timedelta(hours=8))       # Asia/Shanghai
NOW = "2026-11-22 08:00"
PHONE = os.path.join(O, "tests/replay/phone")
HEADERS = {"cells": "place,region",
           "subscribers": "imsi,msisdn,id_last4,active_since,active_until,"
           "holder,language",
           "records": "time,imsi,place", "marks": "region,mark,valid_from"}
SHED = ["nothing", "notices", "verifications", "language", "pages", "marks"]
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# Networks abroad, by what a region is called or coded.
ABROAD = {"中国香港": "454-12", "中国澳门": "455-01", "中国台湾": "466-92",
          "日本": "440-10", "德国": "262-01", "泰国": "520-01",
          "法国": "208-01", "新加坡": "525-01", "韩国": "450-05",
          "美国": "310-410", "英国": "234-10", "意大利": "222-01"}


def region_codes():
    with open(os.path.join(ROOT, "conf/regions.csv"), encoding="utf-8") as f:
        return {row["short_zh"]: row["code"] for row in csv.DictReader(f)}


class Subscriber:
    def __init__(self, name, number, imsi, carrier):
        self.name, self.number, self.imsi = name, number, imsi
        self.carrier = carrier
        self.session, self.code = 0, ""


class Gateway:
    """tests/replay/phone."""

    def __init__(self, conf, log):
        self.p = subprocess.Popen([PHONE, conf], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=log,
                                  encoding="utf-8")

    def say(self, *fields):
        """What comes back: a list of fields for each line."""
        self.p.stdin.write("\t".join(map(str, fields)) + "\n")
        self.p.stdin.flush()
        said = []
        while (line := self.p.stdout.readline()) not in ("\n", ""):
            said.append(line.rstrip("\n").split("\t"))
        if line == "":
            raise RuntimeError(f"the gateway ended at {fields[0]}")
        return said

    def close(self):
        """The texts that were put: {(language, key): bool}."""
        try:
            out = self.p.communicate(timeout=60)[0]
        except subprocess.TimeoutExpired:
            self.p.kill()
            out = ""
        return {(f[1], f[2]): f[3] == "1"
                for f in (line.split("\t") for line in out.splitlines())
                if f[0] == "key"}


class Step:
    """A line that does something, and the lines that say what follows."""

    def __init__(self, number, text):
        self.number, self.text, self.want, self.got = number, text, [], []


def read(path):
    steps = []
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if line[0] in "<|" and steps:
                steps[-1].want.append(line)
            else:
                steps.append(Step(number, line))
    return steps


class Play:
    def __init__(self, path, folder, conf_folder=None):
        self.path, self.dir = path, folder
        self.name = os.path.basename(path).removesuffix(".play")
        self.steps = read(path)
        self.gateways, self.current = {}, "1"
        self.people, self.codes, self.keys = {}, {}, {}
        self.tables = conf_folder or os.path.join(ROOT, "conf")
        self.conf_text = self.source("three-carriers.conf")
        self.rows = {}             # (kind, carrier): lines to be imported
        self.cells, self.complete = set(), None
        self.rejected = set()      # of those, that have lines to be rejected
        self.regions = region_codes()
        self.clock = self.time(NOW)
        self.files = 0
        self.log = open(os.path.join(folder, "log"), "ab")

    # The site.

    def source(self, name):
        with open(os.path.join(ROOT, "conf", name), encoding="utf-8") as f:
            return f.read()

    def write_conf(self):
        """The shipped file, but for where things lie."""
        text = self.conf_text.replace("/var/lib/travelcard", self.dir) \
            .replace("/etc/travelcard", self.dir) \
            .replace("/var/log/travelcard", self.dir)
        if "key_file" not in text:
            text = f'store = "sqlite:{self.dir}/store"\n' \
                f'key_file = "{self.dir}/site.key"\n' + text
        text = f'tables = "{self.tables}"\nlog_level = error\n' + text
        for key in re.findall(r'^\s*key_file = "(.*)"', text, re.M):
            self.put_key(key)
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(text)

    @staticmethod
    def put_key(path):
        """Always the same, so that every run is the same."""
        name = os.path.basename(path).encode()
        with open(path, "wb") as f:
            f.write(name.ljust(32, b".")[:32])
        os.chmod(path, 0o600)

    @property
    def conf(self):
        return os.path.join(self.dir, "travelcard.conf")

    def carriers(self):
        return re.findall(r'^carrier "(.*)"', self.conf_text, re.M)

    def set(self, section, title, key, value):
        """Another value of one option."""
        head = f"{section} {{" if not title else f'{section} "{title}" {{'
        if head not in self.conf_text:
            self.conf_text += f"\n{head}\n}}\n"
        before, _, rest = self.conf_text.partition(head)
        body, _, after = rest.partition("\n}")
        body = re.sub(rf"\n\s*{key} = .*", "", body)
        self.conf_text = f"{before}{head}{body}\n\t{key} = {value}\n}}{after}"

    def travelcard(self, *args):
        at = str(int(self.clock.timestamp()))
        return subprocess.run([TRAVELCARD, "-c", self.conf, "--at", at, *args],
                              capture_output=True, encoding="utf-8",
                              timeout=60)

    def row(self, kind, carrier, *values):
        self.rows.setdefault((kind, carrier), []).append(values)

    def load(self):
        """What was written down since the last time, into the stores."""
        if not self.rows and not self.complete:
            return
        self.write_conf()
        for carrier in sorted({p.carrier for p in self.people.values()}):
            if self.complete:
                self.rows.setdefault(("records", carrier), [])
            for kind in HEADERS:
                rows = self.rows.get((kind, carrier))
                if rows is not None:
                    self.load_one(kind, carrier, rows)
        self.rows, self.complete, self.rejected = {}, None, set()

    def load_one(self, kind, carrier, rows):
        self.files += 1
        name = os.path.join(self.dir, f"{kind}-{self.files}.csv")
        with open(name, "w", encoding="utf-8") as f:
            out = csv.writer(f, lineterminator="\n")
            out.writerow(HEADERS[kind].split(","))
            out.writerows(rows)
        args = ["--carrier", carrier, "import", kind, name]
        if kind == "records" and self.complete:
            args += ["--complete-to", self.complete.isoformat()]
        p = self.travelcard(*args)
        if p.returncode != (3 if (kind, carrier) in self.rejected else 0):
            raise RuntimeError(f"import {kind}: exit {p.returncode}: "
                               f"{p.stdout}{p.stderr}")

    def gateway(self):
        if self.current not in self.gateways:
            self.load()
            self.write_conf()
            self.gateways[self.current] = Gateway(self.conf, self.log)
            self.gateways[self.current].say("at", self.seconds())
        return self.gateways[self.current]

    def seconds(self):
        return int(self.clock.timestamp())

    def end(self, name):
        for key, put in self.gateways.pop(name).close().items():
            self.keys[key] = self.keys.get(key, False) or put

    # Words.

    def time(self, text):
        """11-20 08:00, or with the year."""
        m = re.fullmatch(r"(?:(\d{4})-)?(\d\d)-(\d\d)(?: (\d\d):(\d\d)"
                         r"(?::(\d\d))?)?", text.strip())
        if not m:
            raise ValueError(f"not a time: {text}")
        year, *rest = (int(n or 0) for n in m.groups())
        return datetime.datetime(year or self.clock.year, *rest, tzinfo=ZONE)

    def place(self, carrier, name):
        """How records name a place."""
        if name in ABROAD:
            return "plmn:" + ABROAD[name]
        if ":" in name:
            return name
        if name not in self.regions:
            raise ValueError(f"not a place: {name}")
        code = self.regions[name]
        place = f"cgi:460-00-{int(code) // 100}-1"
        if (carrier, place) not in self.cells:
            self.cells.add((carrier, place))
            self.row("cells", carrier, place, code)
        return place

    def person(self, name):
        if name not in self.people:
            raise ValueError(f"no such subscriber: {name}")
        return self.people[name]

    def filled(self, text):
        """{code} is what an answer gave last under that name."""
        return re.sub(r"\{(\w+)\}",
                      lambda m: self.codes.get(m[1], m[0]), text)

    # What a line may be.

    def do(self, step):
        word, _, rest = step.text.partition(" ")
        handler = {"+": "wait", ">": "send"}.get(word, word)
        handler = getattr(self, "do_" + handler, None)
        if handler is None:
            raise ValueError(f"not understood: {step.text}")
        if word in ("+", ">", "operator", "store", "restart"):
            self.load()
        handler(step, rest.strip())

    def do_now(self, step, rest):
        self.clock = self.time(rest)

    def do_conf(self, step, rest):
        self.conf_text = self.source(rest + ".conf")

    def do_set(self, step, rest):
        """set service cmcc-sms language = en, set limits tries = 3"""
        what, _, value = rest.partition("=")
        *where, key = what.split()
        self.set(where[0], " ".join(where[1:]), key, value.strip())
        self.restart()

    def do_wording(self, step, rest):
        """wording zh busy "...\""""
        language, key, text = shlex.split(rest)
        if self.tables.startswith(ROOT):
            tables = os.path.join(self.dir, "tables")
            subprocess.run(["cp", "-r", self.tables, tables], check=True)
            self.tables = tables
        name = os.path.join(self.tables, "messages." + language)
        with open(name, encoding="utf-8") as f:
            old = f.read()
        new = re.sub(rf'(?m)^{key} = ".*"$', lambda _: f'{key} = "{text}"',
                     old)
        if new == old:
            raise ValueError(f"no such text: {key}")
        with open(name, "w", encoding="utf-8") as f:
            f.write(new)
        self.restart()

    def do_subscriber(self, step, rest):
        """subscriber anna 13870410293 id=1234 since=2026-11-01 ..."""
        name, number, *more = rest.split()
        given = dict(pair.split("=", 1) for pair in more)
        number = "86" + number if len(number) == 11 else number
        imsi = given.get("imsi", "46000" + number[-10:])
        carrier = given.get("carrier", self.carriers()[0])
        self.people[name] = Subscriber(name, number, imsi, carrier)
        self.row("subscribers", carrier, imsi, number, given.get("id", ""),
                 given.get("since", "2020-01-01"), given.get("until", ""),
                 given.get("holder", ""), given.get("language", ""))

    def do_stranger(self, step, rest):
        """stranger bo 13870410299: a phone that is not provisioned."""
        name, number = rest.split()
        self.people[name] = Subscriber(name, "86" + number,
                                       "46000" + number[-10:],
                                       self.carriers()[0])

    def do_records(self, step, rest):
        """records anna 北京 11-20 08:00 to 11-20 18:00: one an hour, and one
        at the end; or one alone."""
        name, place, when = rest.split(None, 2)
        begin, _, end = when.partition(" to ")
        t, last = self.time(begin), self.time(end or begin)
        who = self.person(name)
        place = self.place(who.carrier, place)
        while t < last:
            self.row("records", who.carrier, t.isoformat(), who.imsi, place)
            t += datetime.timedelta(hours=1)
        self.row("records", who.carrier, last.isoformat(), who.imsi, place)

    def do_rejected(self, step, rest):
        """rejected records ...: as above, and the import says it rejects
        some."""
        word, _, rest = rest.partition(" ")
        if word != "records":
            raise ValueError(f"not understood: {step.text}")
        self.do_records(step, rest)
        self.rejected.add(("records", self.person(rest.split()[0]).carrier))

    def do_mark(self, step, rest):
        """mark 北京 * from 11-20; mark 北京 from 11-21 ends it"""
        m = re.fullmatch(r"(\S+) (\S*) ?from (.*)", rest)
        if not m:
            raise ValueError(f"not a mark: {rest}")
        for carrier in self.carriers():
            self.row("marks", carrier, self.regions.get(m[1], m[1]), m[2],
                     self.time(m[3]).isoformat())

    def do_complete(self, step, rest):
        """complete to 11-22 07:50"""
        self.complete = self.time(rest.removeprefix("to "))

    def do_wait(self, step, rest):
        m = re.fullmatch(r"(\d+)([smhd])", rest)
        if not m:
            raise ValueError(f"not a while: {rest}")
        self.clock += datetime.timedelta(seconds=int(m[1]) * UNITS[m[2]])
        for name in list(self.gateways):
            step.got += self.shown(
                self.gateways[name].say("at", self.seconds()), None)

    def restart(self):
        for name in list(self.gateways):
            self.end(name)

    def do_restart(self, step, rest):
        """The gateways end and are started anew."""
        self.restart()

    def do_gateway(self, step, rest):
        """gateway 2: what follows goes to another instance."""
        self.current = rest

    def do_store(self, step, rest):
        """store away, store back: under the gateways"""
        for carrier in {p.carrier for p in self.people.values()}:
            here = os.path.join(self.dir, carrier, "stays.db")
            pair = (here, here + ".away")
            os.rename(*(pair if rest == "away" else reversed(pair)))
        for gateway in self.gateways.values():
            gateway.say("close")

    def do_shed(self, step, rest):
        """shed marks, shed nothing: and all that comes before"""
        for gateway in self.gateways.values() or [self.gateway()]:
            step.got += self.shown(
                gateway.say("shed", SHED.index(rest)), None)

    def do_operator(self, step, rest):
        """operator purge anna: the tool; names stand for numbers."""
        args = shlex.split(self.filled(rest))
        for who in [self.people[a] for a in args if a in self.people][:1]:
            args += ["--carrier", who.carrier]
        p = self.travelcard(*map(self.argument, args), "--operator", "li",
                            "--reason", "a test")
        step.got += ["| " + line for line in
                     (p.stdout + p.stderr).replace(self.dir, "")
                     .splitlines()]
        if p.returncode:
            step.got.append(f"| exit {p.returncode}")
        for name in list(self.gateways):
            step.got += self.shown(
                self.gateways[name].say("at", self.seconds()), None)

    def argument(self, word):
        if word in self.people:
            return self.people[word].number
        try:
            return self.time(word).isoformat()
        except ValueError:
            return word

    def do_send(self, step, rest):
        channel, name, what = rest.split(None, 2)
        who = self.person(name)
        if channel == "sms":
            code, text = what.split(None, 1)
            said = self.gateway().say("sms", who.number, code,
                                      self.unquoted(text))
        else:
            said = self.ussd(who, what)
        step.got += self.shown(said, who) or ["< nothing"]

    def ussd(self, who, what):
        if what == "hangs up":
            return self.gateway().say("hang", who.session, who.imsi, who.code)
        if what.startswith("*"):
            who.session += 1
            who.code = what
            return self.gateway().say("dial", who.session, who.imsi, what)
        return self.gateway().say("reply", who.session, who.imsi, who.code,
                                  self.unquoted(what))

    def unquoted(self, text):
        if len(text) < 2 or text[0] != '"' or text[-1] != '"':
            raise ValueError(f"not in quotes: {text}")
        return self.filled(text[1:-1])

    # What came, as a scenario would say it.

    def shown(self, said, who):
        return [self.line(f, who) for f in said]

    def to(self, who, number, attribute):
        if who is not None and getattr(who, attribute) == number:
            return ""
        return "to " + next((p.name for p in self.people.values()
                             if getattr(p, attribute) == number),
                            "nobody") + " "

    def line(self, f, who):
        if f[0] == "refused":
            return "< refused for now"
        text = f[-1]
        if f[0] == "sms":
            several = "" if f[3] == "1" else f"in {f[3]} "
            return f'< sms {self.to(who, f[1], "number")}{several}"{text}"'
        what = "" if f[2] == "ask" else f[2] + " "
        return f'< ussd {self.to(who, f[1], "imsi")}{what}"{text}"'

    def matches(self, want, got):
        """... stands for anything, {code} for twelve digits."""
        pattern = re.escape(want).replace(re.escape("…"), ".*")
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>\\d{12})", pattern)
        m = re.fullmatch(pattern, got)
        if m:
            self.codes.update(m.groupdict())
        return bool(m)

    def note_code(self, step):
        for m in re.finditer(r"(?:核验码|Code )(\d{12})", "".join(step.got)):
            self.codes["code"] = m[1]

    def agrees(self, step):
        return len(step.want) == len(step.got) and \
            all(self.matches(*pair) for pair in zip(step.want, step.got))

    def run(self):
        faults = []
        try:
            for step in self.steps:
                self.do(step)
                if not step.want:      # to be written down, or in vain
                    self.note_code(step)
                if not self.agrees(step):
                    faults.append(self.difference(step))
            self.restart()
        except (ValueError, RuntimeError, OSError) as e:
            faults.append(f"{self.name}.play:{step.number}: {step.text}\n"
                          f"    {e}")
            for name in list(self.gateways):
                self.end(name)
        self.log.close()
        return faults

    def difference(self, step):
        text = f"{self.name}.play:{step.number}: {step.text}"
        for word, lines in (("expected", step.want), ("came", step.got)):
            text += "".join(f"\n    {word:9}{line}" for line in lines) or \
                f"\n    {word:9}nothing"
        return text


def rewritten(play):
    """The scenario with what came in place of what was expected."""
    with open(play.path, encoding="utf-8") as f:
        lines = f.read().splitlines()
    out, steps = [], {s.number: s for s in play.steps}
    for number, line in enumerate(lines, 1):
        if line.strip()[:1] in ("<", "|"):
            continue
        out.append(line)
        step = steps.get(number)
        if step is not None:
            same = play.agrees(step)
            out += step.want if same else [
                re.sub(r"(核验码|Code )\d{12}", r"\1{code}", g)
                for g in step.got]
    return "\n".join(out) + "\n"
