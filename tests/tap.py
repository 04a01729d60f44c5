"""TAP for the tests written in Python, and the ways they share to start,
watch and end a program.

A test runs with these in its environment, set by tests/run:
  BIN        where core/travelcard and the gateways stand
  O          where the test programs were built
  TEST_DIR   an empty directory of its own, removed when the run ends
  TEST_LEFT  where those of the tests that have ended are
  TEST_ADDR  a loopback address of its own, so that ports may be fixed
  TEST_PCAP  the run's folder of recordings, see wire.py
  LONG       set when the full stated size is asked for
  SAN        set when the programs were built with sanitizers
"""
import os
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.path.join(ROOT, os.environ.get("BIN", "."))
O = os.path.join(ROOT, os.environ.get("O", "build"))
DIR = os.environ.get("TEST_DIR", "")
ADDR = os.environ.get("TEST_ADDR", "127.0.0.1")
LONG = bool(os.environ.get("LONG"))
SAN = bool(os.environ.get("SAN"))
TRAVELCARD = os.path.join(BIN, "core/travelcard")
SMSC_GW = os.path.join(BIN, "smsc-gw/smsc-gw")
USSD_GW = os.path.join(BIN, "ussd/ussd-gw")

_count = 0
_failed = 0
_children = []


def ok(condition, name, detail=""):
    """One TAP line; the detail is shown when the check fails."""
    global _count, _failed
    _count += 1
    if condition:
        print(f"ok {_count} - {name}", flush=True)
        return True
    _failed += 1
    print(f"not ok {_count} - {name}", flush=True)
    for line in str(detail).splitlines():
        print(f"# {line}", flush=True)
    return False


def equal(got, want, name):
    return ok(got == want, name, f"got:  {got!r}\nwant: {want!r}")


def note(text):
    print(f"# {text}", flush=True)


def path(name):
    return os.path.join(DIR, name)


def write(name, text, mode=0o644):
    """Write a file below TEST_DIR; bytes or str; returns its path."""
    data = text if isinstance(text, bytes) else text.encode()
    with open(path(name), "wb") as f:
        f.write(data)
    os.chmod(path(name), mode)
    return path(name)


def run(*argv, stdin=None, timeout=120, env=None):
    """Run to the end; returns CompletedProcess with text output."""
    return subprocess.run(argv, input=stdin, encoding="utf-8",
                          errors="replace", capture_output=True,
                          timeout=timeout,
                          env={**os.environ, **env} if env else None)


def start(*argv, log=None, env=None, cwd=None, talk=False):
    """Start a program whose output goes to the file `log` in TEST_DIR; it is
    ended at exit by its pid.  With `talk`, its standard input and output are
    pipes of text."""
    out = open(path(log), "ab") if log else subprocess.DEVNULL
    p = subprocess.Popen(argv, stdin=subprocess.PIPE if talk else
                         subprocess.DEVNULL,
                         stdout=subprocess.PIPE if talk else out,
                         stderr=out, cwd=cwd, text=talk,
                         env={**os.environ, **env} if env else None)
    _children.append(p)
    return p


def stop(p, sig=signal.SIGTERM, timeout=20):
    """End a program that `start` began; returns its exit status."""
    if p.poll() is None:
        p.send_signal(sig)
        try:
            p.wait(timeout)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
    return p.returncode


def wait_for(condition, timeout=20, every=0.02):
    """Poll until condition() is true; returns its last value."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(every)


def log_text(name):
    try:
        with open(path(name), encoding="utf-8", errors="replace") as f:
            return f.read()
    except FileNotFoundError:
        return ""


def done():
    """End every child, print the plan, exit."""
    for p in _children:
        stop(p)
    print(f"1..{_count}", flush=True)
    sys.exit(1 if _failed else 0)
