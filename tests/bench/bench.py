"""What the benchmarks share: a large store, the gateway on a core of its own
and the load generator on another, figures and where they go.

The store is made once, by `travelcard import` of what tests/bench/census
writes, and kept in tests/bench/out for as long as it would be made the same.
"""
import functools
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path[:0] = [ROOT + "/tests", ROOT + "/tests/peer"]
sys.dont_write_bytecode = True
OUT = os.path.join(ROOT, "tests/bench/out")
_began = time.monotonic()
_work = tempfile.TemporaryDirectory(prefix="tc-bench-")
os.environ["TEST_DIR"] = _work.name
os.environ.setdefault("TEST_ADDR",
                      f"127.61.{os.getpid() // 250 % 250}."
                      f"{os.getpid() % 250 + 1}")

import tap                                                       # noqa: E402
from fixture import NOW, Site                                    # noqa: E402

LONG = tap.LONG
SUBSCRIBERS = int(os.environ.get("SUBSCRIBERS") or
                  (10_000_000 if LONG else 500_000))
PORT = 2775
CORES = sorted(os.sched_getaffinity(0))
GATEWAY, GENERATOR = CORES[0], CORES[-1]
LINKS = 4


HELP = """
Options are in the environment:
  LONG=1           the full stated sizes, and ten million subscribers
  SUBSCRIBERS=N    a store of so many; it is made once and kept in
                   tests/bench/out
  HELD_SECONDS=N   sms: hold the rate of the worst morning for so long
  SEED=N           kill: the random moments of that run
Each run is told on standard error, the figures on standard output.  `make
bench-PART` builds what it needs."""

if sys.argv[1:]:
    print(sys.modules["__main__"].__doc__ + "\n" + HELP)
    sys.exit(0 if sys.argv[1] in ("-h", "--help") else 2)


class Trouble(Exception):
    """There is no figure; says why."""


def program(name):
    return os.path.join(tap.O, "tests/bench", name)


# The store.

def _digest():
    """Of all that the store is made from."""
    files = ["tests/bench/crowd.c", "tests/bench/census.c", "core/schema.sql",
             "core/key.c", "core/slices.c", "core/bucket.c", "core/rows.c",
             "core/stay.c", "conf/regions.csv"]
    h = hashlib.sha256(f"{SUBSCRIBERS} {NOW}".encode())
    for name in files:
        with open(os.path.join(ROOT, name), "rb") as f:
            h.update(f.read())
    return h.hexdigest()[:12]


def _import(site, kind, *options):
    """What census writes goes through a pipe with a name."""
    fifo = site.path(f"{kind}.csv")
    if os.path.exists(fifo):
        os.remove(fifo)
    os.mkfifo(fifo)
    with subprocess.Popen(
            f'exec {program("census")} {kind} {SUBSCRIBERS} '
            f'{NOW.timestamp():.0f} >{fifo}', shell=True) as census:
        p = subprocess.run([tap.TRAVELCARD, "-c", site.conf, "--at",
                            NOW.isoformat(), "import", kind, fifo, *options],
                           capture_output=True, text=True)
        census.terminate()
    if p.returncode:
        raise Trouble(f"import {kind}: {p.stdout}{p.stderr}")


def _make_store(folder):
    began = time.monotonic()
    new = f"{folder}.{os.getpid()}"
    os.makedirs(new)
    site = Site("made")
    site.top.update(store=f"sqlite:{new}", log_level="info")
    site.write()
    for kind in ("cells", "subscribers", "records"):
        _import(site, kind, *(["--complete-to", NOW.isoformat()]
                              if kind == "records" else []))
    shutil.copy(site.top["key_file"], f"{new}/site.key")
    os.rename(new, folder)
    print(f"# a store of {SUBSCRIBERS} subscribers made in "
          f"{time.monotonic() - began:.0f} s", flush=True)


def _read_through(path):
    """What is asked for all day long is in the system's cache."""
    with open(path, "rb", buffering=0) as f:
        while f.read(1 << 22):
            pass


def store():
    """The folder of a store with nothing but records in it."""
    folder = os.path.join(OUT, f"store-{SUBSCRIBERS}-{_digest()}")
    if not os.path.isdir(folder):
        _make_store(folder)
    for name in os.listdir(folder):
        if name.startswith("state.db"):
            os.remove(os.path.join(folder, name))
    _read_through(f"{folder}/stays.db")
    return folder


class At:
    """Where the generator listens, as Site.smsc wants to know it."""
    password, tls, system_id = "secret", None, "tc"

    def __init__(self, port=PORT):
        self.address, self.port = tap.ADDR, port


def site(carriers=("cmcc",), links=LINKS, folder=None):
    """A site on that store, or one in another folder: a service for each
    carrier, and so many links to its generator, which listens on PORT,
    PORT + 1 and so on."""
    s = Site(f"site-{len(os.listdir(tap.DIR))}")
    folder = folder or store()
    s.top.update(store=f"sqlite:{folder}", log_level="info",
                 key_file=f"{folder}/site.key", audit=s.path("audit"))
    s.limits = {}
    service = s.services.pop("cmcc-sms")
    cmcc = s.carriers.pop("cmcc")
    for i, carrier in enumerate(carriers):
        s.carriers[carrier] = cmcc
        s.services[carrier] = {**service, "carrier": carrier}
        for n in range(links):
            s.smsc(f"{carrier}-{n}", At(PORT + i), carrier)
    s.write()
    return s


# Programs.

def start(*argv, core=GATEWAY, log="peer.log", env=None):
    return tap.start("taskset", "-c", str(core), *argv, log=log, env=env)


def gateway(s, env=None, smsc_gw=tap.SMSC_GW):
    return start(smsc_gw, "-c", s.conf, "-t", NOW.isoformat(),
                 log="smsc-gw.log", env=env)


def cpu_seconds(*processes):
    """Of all their threads, by clock_getcpuclockid(3): what /proc counts in
    ticks is too coarse for a second of little work."""
    return sum(time.clock_gettime(~process.pid << 3 | 2)
               for process in processes)


def rss_kb(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f
                    if line.startswith("VmRSS"))


LISTEN, ESTABLISHED = "0A", "01"


def sockets(port, state=LISTEN):
    """How many there are on this run's address."""
    octets = bytes(map(int, tap.ADDR.split(".")))[::-1].hex().upper()
    with open("/proc/net/tcp", encoding="ascii") as f:
        return sum(words[1] == f"{octets}:{port:04X}" and words[3] == state
                   for words in map(str.split, f))


@functools.cache
def _before_all():
    """What starts a program so that it is before all else on its core."""
    argv = ["chrt", "--fifo", "10"]
    if subprocess.run([*argv, "true"], check=False,
                      stderr=subprocess.DEVNULL).returncode == 0:
        return argv
    print("# without the right to a real-time priority what others do on the "
          "generator's core counts as ours", file=sys.stderr, flush=True)
    return []


class Load:
    """A run of the load generator."""
    texts = 0                          # so many were sent by others before

    def __init__(self, *options, port=PORT, links=LINKS, check=True,
                 first=False):
        """`first`: before all else on its core, so that what others do there
        is not measured as the gateway's."""
        self.argv = [program("load"), "--json", "-a", tap.ADDR, "-p",
                     str(port), "-l", str(links), "-s", str(SUBSCRIBERS),
                     "-x", "-f", str(Load.texts), *map(str, options)]
        if check:
            self.argv.append("-k")
        if "-n" not in self.argv:
            self.argv += ["-n", "0"]
        self.process = subprocess.Popen(
            [*(_before_all() if first else []), "taskset", "-c",
             str(GENERATOR), *self.argv],
            stdout=subprocess.PIPE, text=True)
        tap._children.append(self.process)
        tap.wait_for(lambda: sockets(port), 20, 0.005)

    def done(self, timeout=900):
        """Its figures."""
        out, _ = self.process.communicate(timeout=timeout)
        if self.process.returncode not in (0, 1) or not out:
            raise Trouble(f"load: {' '.join(self.argv)}: "
                          f"{self.process.returncode} {out}")
        got = json.loads(out)
        Load.texts = (Load.texts + int(got["texts"])) % SUBSCRIBERS
        print(f"# {time.monotonic() - _began:.0f} s: {got['answers']:.0f} "
              f"answers, {got['rate']:.0f} a second, p99 "
              f"{got['p99_us'] / 1e3:.1f} ms", file=sys.stderr, flush=True)
        return got


def sound(got, *names):
    """No answer is wrong, and what is named is 0 as well."""
    for name in ("bad", "wrong", *names):
        if got[name]:
            raise Trouble(f"{name} is {got[name]:.0f}: {got}\n"
                          f"{tap.log_text('smsc-gw.log')[-2000:]}")
    return got


# Figures.

def plot(name, script):
    """An SVG in OUT; the script's data are files below TEST_DIR."""
    p = subprocess.run(["gnuplot"], input=f"""
set terminal svg size 720,420 dynamic background rgb "white"
set output "{OUT}/{name}.svg"
set grid
set key top left
{script}""", text=True, capture_output=True)
    if p.returncode:
        raise Trouble(f"gnuplot: {p.stderr}")


def main(part, measure, targets):
    """Prints the figures that measure() returns, keeps them as JSON, and ends
    with 1 where one misses its target: (">=", least) or ("<=", most).  The
    machine's load is among them, for others spoil every figure."""
    began = time.monotonic()
    os.makedirs(OUT, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    try:
        figures = measure()
    except Trouble as trouble:
        sys.exit(f"bench-{part}: {trouble}")
    finally:
        for process in tap._children:
            tap.stop(process)
    figures[f"{part}.seconds"] = round(time.monotonic() - began, 1)
    figures[f"{part}.load_average"] = round(os.getloadavg()[0], 2)
    for name, value in figures.items():
        print(name, value)
    with open(f"{OUT}/{part}.json", "w", encoding="ascii") as f:
        json.dump(figures, f, indent=1)
        f.write("\n")
    missed = [f"{name} is not {sign} {target}"
              for name, (sign, target) in targets.items()
              if not (figures[name] >= target if sign == ">=" else
                      figures[name] <= target)]
    if missed:
        sys.exit(f"bench-{part}: " + "; ".join(missed))
