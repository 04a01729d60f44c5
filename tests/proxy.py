"""What can go wrong between an ESME and an SMSC, on purpose.

    proxy = Proxy(ADDR, 2776, 2775)            listens on 2776, speaks to 2775
    rule = proxy.answer("submit_sm", ESME_RTHROTTLED)
    proxy.wait(lambda: rule.hits == 3)
    rule.end()
    proxy.lose("submit_sm_resp", times=1)
    proxy.cut("deliver_sm", at=40)

Whatever no rule touches goes on as it came.  All PDUs are read by the tests'
own codec and kept in .log, so that two programs neither of which is ours can
be watched; those of the ESME are recorded for tshark (wire.py) as well.  A
connection has two threads, one a way; one lock, Proxy.changed, guards all
state.
"""
import contextlib
import os
import select
import socket
import sys
import threading
import time
from typing import NamedTuple

from smpp import MAX_PDU, BadPdu, Pdu, decode
from wire import Recording

PASSED, LOST, ANSWERED, CUT = "passed", "lost", "answered", "cut"

OCTET_PAUSE = 0.0003                   # so that each octet is a segment


class Logged(NamedTuple):
    """A PDU that came; `up` from the ESME; what became of it; of a response,
    what it answers."""
    at: float
    connection: int
    up: bool
    pdu: Pdu
    fate: str
    request: Pdu


class Rule:
    """What becomes of the next `times` PDUs of a name, of all if None, that
    `where(pdu)` is true of, or of the request that a response answers; .hits
    of them have come."""

    def __init__(self, proxy, fate, name, times, where, value):
        self.proxy, self.fate, self.name, self.value = \
            proxy, fate, name, value
        self.times, self.where = times, where or (lambda pdu: True)
        self.hits = 0
        with proxy.changed:
            proxy.rules.append(self)

    def applies(self, pdu, request):
        return pdu.name == self.name and self.hits != self.times and \
            self.where(request or pdu)

    def end(self):
        with self.proxy.changed:
            self.proxy.rules.remove(self)


class Way:
    """One direction of a connection."""

    def __init__(self, connection, source, sink, up):
        self.connection, self.source, self.sink, self.up = \
            connection, source, sink, up
        self.proxy = connection.proxy
        self.writing = threading.Lock()

    def run(self):
        held = b""
        with contextlib.suppress(OSError):
            while octets := self._receive():
                held = self._sort(held + octets)
        if held and not self.connection.is_cut:
            self.proxy.fault(f"{len(held)} octets left at the end")
        self.finish()

    def _receive(self):
        """What has come; when glueing, all that comes in that time."""
        octets = self.source.recv(65536)
        end = time.monotonic() + self.proxy.glue
        while octets and (left := end - time.monotonic()) > 0:
            if select.select([self.source], [], [], left)[0]:
                more = self.source.recv(65536)
                if not more:
                    break
                octets += more
        return octets

    def _sort(self, held):
        """Deal with every whole PDU; returns the rest."""
        out, count = b"", 0
        while len(held) >= 4:
            length = int.from_bytes(held[:4], "big")
            if not 16 <= length <= MAX_PDU:
                self.proxy.fault(f"command_length {length}")
                out, held = out + held, b""
                break
            if len(held) < length:
                break
            octets, held = held[:length], held[length:]
            passed = self._judge(octets)
            out, count = out + passed, count + bool(passed)
            if self.connection.is_cut:
                self.write(out)
                self.connection.shut()
                return b""
        self.proxy.glued[self.up] = max(self.proxy.glued[self.up], count)
        self.write(out)
        return held

    def _judge(self, octets):
        """What goes on of a PDU."""
        if self.connection.is_cut:
            return b""
        if self.up:
            self.connection.record.octets(octets)
            self.connection.record.pdu(octets)
        try:
            pdu = decode(octets)
        except BadPdu as bad:
            self.proxy.fault(f"{bad}: {octets.hex(' ')}")
            return octets
        with self.proxy.changed:
            request = self.connection.request_of(self.up, pdu)
            rule = next((r for r in self.proxy.rules
                         if r.applies(pdu, request)), None)
            fate = rule.fate if rule else PASSED
            self.proxy.log.append(Logged(
                time.monotonic(), self.connection.number, self.up, pdu, fate,
                request))
            if rule:
                rule.hits += 1
            self.proxy.changed.notify_all()
        if fate == ANSWERED:
            self.connection.way(not self.up).write(
                Pdu(pdu.name + "_resp", pdu.seq, rule.value).encode())
        elif fate == CUT:
            self.connection.is_cut = True
            return octets[:rule.value]
        return octets if fate == PASSED else b""

    def write(self, octets):
        each = 1 if self.proxy.octets else len(octets)
        with self.writing, contextlib.suppress(OSError):
            for i in range(0, len(octets), each or 1):
                self.sink.sendall(octets[i:i + each])
                if self.proxy.octets:
                    time.sleep(OCTET_PAUSE)

    def finish(self):
        with contextlib.suppress(OSError):
            self.sink.shutdown(socket.SHUT_WR)


class Connection:
    """Of an ESME; once cut, what still comes is read and dropped, for a
    socket closed with something unread would take back what was sent."""

    def __init__(self, proxy, number, esme, smsc):
        self.proxy, self.number, self.is_cut = proxy, number, False
        self.requests = {}             # unanswered, by (up, name, seq)
        self.record = proxy.recording.stream()
        self.sockets = esme, smsc
        for sock in self.sockets:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.up = Way(self, esme, smsc, True)
        self.down = Way(self, smsc, esme, False)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        up = threading.Thread(target=self.up.run, daemon=True)
        up.start()
        self.down.run()
        up.join()
        for sock in self.sockets:
            sock.close()

    def request_of(self, up, pdu):
        """What a response answers; None for what is no response."""
        if pdu.name.endswith("_resp"):
            return self.requests.pop((not up, pdu.name[:-5], pdu.seq), None)
        self.requests[up, pdu.name, pdu.seq] = pdu
        return None

    def way(self, up):
        return self.up if up else self.down

    def shut(self):
        """Both sides see the end, after what was sent to them."""
        self.up.finish()
        self.down.finish()


class Proxy:
    """Listens on (address, port) and goes on to (address, to); port 0
    chooses one.

    octets   while true, every octet goes on alone
    glue     seconds for which what comes is held, to go on as one write
    glued    the most PDUs in one write, [down, up]
    log      every PDU, Logged; faults: what was none, in words
    """

    def __init__(self, address, port, to):
        self.address, self.port, self.to = address, port, (address, to)
        self.octets, self.glue, self.glued = False, 0, [0, 0]
        self.log, self.faults, self.rules = [], [], []
        self.count = 0
        self.recording = Recording(os.path.basename(sys.argv[0]))
        self.changed = threading.Condition(threading.RLock())
        self.sock = socket.create_server((address, port), backlog=16)
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                esme, _ = self.sock.accept()
                self.count += 1
                try:
                    smsc = socket.create_connection(self.to, 10)
                    smsc.settimeout(None)
                except OSError:
                    esme.close()
                    continue
                Connection(self, self.count, esme, smsc)

    # Rules; the first that applies does.

    def lose(self, name, times=1, where=None):
        return Rule(self, LOST, name, times, where, None)

    def answer(self, name, status, times=None, where=None):
        """Answered here by a header alone; it does not go on."""
        assert not name.endswith("_resp")
        return Rule(self, ANSWERED, name, times, where, status)

    def cut(self, name, at, where=None):
        """The connection ends after `at` octets of it."""
        return Rule(self, CUT, name, 1, where, at)

    # Waiting and looking.

    def wait(self, condition, timeout=10):
        """Until condition() is true; returns its last value."""
        with self.changed:
            self.changed.wait_for(condition, timeout)
            return condition()

    def seen(self, name, *fates):
        """The PDUs of that name; of these fates only if any is given."""
        with self.changed:
            return [e.pdu for e in self.log if e.pdu.name == name and
                    (not fates or e.fate in fates)]

    def fault(self, what):
        with self.changed:
            self.faults.append(what)
