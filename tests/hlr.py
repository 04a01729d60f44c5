"""A simulated HLR, and the handsets behind it.

    hlr = Hlr(ADDR)                             listens on hlr.port
    call = hlr.dial("460001234567890", "*10086*3#")
    call.turn()                                 Turn("ask", "...")
    call.reply("1234")
    call.turn()                                 Turn("end", "...")

An EUSE attaches to it; each Peer is one connection, with a thread that reads.
What an EUSE does wrong, down to a length or an invoke id, is a line in
Peer.faults.  A Peer with an identity is the other end: it attaches to an HLR,
as an MSC does, and its dialogues are the same.
"""
import collections
import contextlib
import itertools
import os
import socket
import struct
import sys
import threading
import time

import gsup
import wire
from gsup import Gsup, frame

# what: "ask", "end", or "silent end" of an END without a component.
Turn = collections.namedtuple("Turn", "what text message")
MOST = 112                             # octets of a string, of an EUSE's


class Dialogue:
    """One subscriber's: .turns that came and were not yet taken; .done, it has
    ended; .told, what is said last has been said and the end is to follow."""

    def __init__(self, peer, imsi, session, invoke_id=1):
        self.peer, self.imsi, self.session = peer, imsi, session
        self.invoke_id = invoke_id
        self.asked = None                 # the invoke id of the last question
        self.turns, self.done, self.told = [], False, False
        peer.dialogues[imsi, session] = self

    # What the handset does.

    def send(self, state, facility=b"", name="proc_ss_request", ies=None):
        ies = [(gsup.MESSAGE_CLASS, gsup.CLASS_USSD)] if ies is None else ies
        self.peer.send(Gsup(name, self.imsi, self.session, state, facility,
                            ies))

    def dial(self, text, dcs=gsup.GSM7, **how):
        self.send("begin", gsup.ussd("invoke", self.invoke_id,
                                     gsup.PROCESS_REQUEST, text,
                                     dcs).encode(), **how)
        return self

    def reply(self, text, dcs=gsup.GSM7, **how):
        self.send("continue", gsup.ussd("result", self.asked or 0,
                                        gsup.REQUEST, text, dcs).encode(),
                  **how)

    def error(self, code=72):
        """The handset's ReturnError to the question."""
        self.send("continue",
                  gsup.Component("error", self.asked, code=code).encode())

    def reject(self):
        self.send("continue", gsup.Component("reject", self.asked).encode())

    def end(self):
        """The phone went away."""
        self.done = True
        self.send("end")

    # What it sees.

    def turn(self, timeout=10):
        """The next Turn, None if there is none in time."""
        with self.peer.changed:
            self.peer.changed.wait_for(lambda: self.turns, timeout)
            return self.turns.pop(0) if self.turns else None

    def text(self, timeout=10):
        turn = self.turn(timeout)
        return turn.text if turn else None

    def ask(self, text, dcs=gsup.GSM7):
        """Reply, and the text of the next turn."""
        self.reply(text, dcs)
        return self.text()

    def take(self, m):
        c = m.component()
        what = {"continue": "ask", "end": "end"}.get(m.state)
        if what == "end" and c is None and self.told:
            self.done, self.told = True, False
            return
        if self.done or self.told:
            self.fault(m, "after the end")
        if what == "ask" and c and c.kind == "result":
            # the last word to who may have gone; an empty END follows
            what, self.told = "end", True
        if what == "end" and not self.told:
            self.done = True
        if c is None and what == "end":
            what = "silent end"
        elif what is None or c is None:
            self.fault(m, "neither asks nor ends")
        else:
            self.check(m, c, what)
        self.turns.append(Turn(what, c.text if c else None, m))

    def check(self, m, c, what):
        """What osmo-hlr and a handset take, and no more than that."""
        want = ("invoke", gsup.REQUEST) if what == "ask" else \
            ("result", gsup.PROCESS_REQUEST)
        if (c.kind, c.operation) != want:
            self.fault(m, f"is no {what}")
        if what == "end" and c.id != self.invoke_id:
            self.fault(m, f"invoke id {c.id}, dialled with {self.invoke_id}")
        if what == "ask":
            self.asked = c.id
        string = c.string or b""
        if c.dcs not in (gsup.GSM7, gsup.UCS2) or len(string) > MOST:
            self.fault(m, f"DCS {c.dcs}, {len(string)} octets")
        if m.facility[1] > 127:
            self.fault(m, "a length in long form")

    def fault(self, m, why):
        self.peer.faults.append(f"{m!r}: {why}")


class Peer:
    """One connection.  identity: of who attaches, to be said when asked.

    said      {tag: str}, the identity that the other end gave
    dialogues by (IMSI, session id); begun: messages that began a session
              of the other end's; others: messages of no dialogue
    faults    what the other end did wrong, in words
    pings     how many came; answer_pings: False to be silent
    reading   False to read no more
    """

    def __init__(self, sock, identity=None, recording=wire.NOWHERE):
        self.sock, self.identity = sock, identity
        self.record = recording.stream(wire.GSUP)
        self.said, self.dialogues = None, {}
        self.begun, self.others = [], []
        self.faults, self.closed = [], False
        self.pings = self.pongs = 0
        self.answer_pings = self.reading = True
        self.sessions = itertools.count(0x20000001)
        self.changed = threading.Condition(threading.RLock())
        self.writing = threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self, condition, timeout=10):
        """Until condition() is true; returns its last value."""
        with self.changed:
            self.changed.wait_for(condition, timeout)
            return condition()

    def dialogue(self, imsi, session=None, invoke_id=1):
        with self.changed:
            return Dialogue(self, imsi, session or next(self.sessions),
                            invoke_id)

    def dial(self, imsi, text, dcs=gsup.GSM7, **how):
        return self.dialogue(imsi, **how).dial(text, dcs)

    # Out.

    def send(self, message):
        self.write(frame(message.encode()))

    def ccm(self, kind):
        self.write(frame(bytes([kind]), gsup.CCM))

    def barrier(self):
        """Until all that the other end has sent so far is taken."""
        seen = self.pongs
        self.ccm(gsup.PING)
        return self.wait(lambda: self.pongs > seen)

    def write(self, octets, each=None, pause=0.001):
        """Octets as they are; `each` at a time if given."""
        with self.writing, contextlib.suppress(OSError):
            for i in range(0, len(octets), each or len(octets) or 1):
                self.sock.sendall(octets[i:i + (each or len(octets))])
                if each:
                    time.sleep(pause)

    @contextlib.contextmanager
    def at_once(self):
        """What is said within goes out in one piece, at its end."""
        octets = []
        self.write = octets.append
        yield
        del self.write
        self.write(b"".join(octets))

    def say_no_more(self):
        """End our half of the connection, and go on reading."""
        self.sock.shutdown(socket.SHUT_WR)

    def cut(self, reset=False):
        """End the connection, by RST if asked."""
        with contextlib.suppress(OSError):
            if reset:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack("ii", 1, 0))
            self.sock.shutdown(socket.SHUT_RDWR)
        self._gone()

    # In.

    def _read(self):
        held = b""
        with contextlib.suppress(OSError):
            while octets := self.sock.recv(65536):
                held += octets
                while taken := gsup.take_frame(held):
                    proto, payload, rest = taken
                    self.record.octets(held[:len(held) - len(rest)])
                    held = rest
                    self._receive(proto, payload)
                while not self.reading and not self.closed:
                    time.sleep(0.05)
        if held:
            self.faults.append(f"{len(held)} octets left at the end")
        self._gone()

    def _receive(self, proto, payload):
        with self.changed:
            try:
                if proto == gsup.CCM:
                    self._ccm(payload)
                elif proto == gsup.OSMO and payload[0] == gsup.EXT_GSUP:
                    self._gsup(gsup.read_gsup(payload[1:]))
                else:
                    self.faults.append(f"protocol {proto:#x}")
            except (gsup.Bad, ValueError, LookupError) as bad:
                self.faults.append(f"{bad!r}: {payload.hex(' ')}")
            self.changed.notify_all()

    def _ccm(self, payload):
        if payload[0] == gsup.PING:
            self.pings += 1
            if self.answer_pings:
                self.ccm(gsup.PONG)
        elif payload[0] == gsup.PONG:
            self.pongs += 1
        elif payload[0] == gsup.ID_RESP:
            self.said = gsup.read_id_resp(payload)
        elif payload[0] == gsup.ID_GET and self.identity:
            self.write(gsup.id_resp(self.identity))
        else:
            self.faults.append(f"CCM {payload.hex(' ')}")

    def _gsup(self, m):
        self.record.message(gsup.TYPES.get(m.name, m.name), m.session or 0)
        dialogue = self.dialogues.get((m.imsi, m.session))
        if dialogue:
            dialogue.take(m)
        elif m.state == "begin":
            self.begun.append(m)
        else:
            self.others.append(m)
            self.faults.append(f"{m!r}: of no dialogue")

    def _gone(self):
        with self.changed:
            self.closed = True
            self.changed.notify_all()
        with contextlib.suppress(OSError):
            self.sock.close()


class Hlr:
    """An HLR that listens on (address, port); port 0 chooses one.

    asks   False: it does not ask who has come
    peers  all there were, Peer
    """

    def __init__(self, address="127.0.0.1", port=0):
        self.address, self.port, self.asks = address, port, True
        self.peers, self.sock = [], None
        self.recording = wire.Recording(os.path.basename(sys.argv[0]))
        self.listen()

    def listen(self):
        """Listen, again after `close` on the same port."""
        self.sock = socket.create_server((self.address, self.port),
                                         backlog=64)
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.sock,),
                         daemon=True).start()

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                peer = Peer(sock, recording=self.recording)
                self.peers.append(peer)
                if self.asks:
                    peer.write(gsup.id_get())

    def close(self):
        """Stop listening and cut every connection."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        for peer in self.peers:
            peer.cut()

    def wait_peer(self, timeout=20, but=None):
        """The newest connection that is open and has said its name, and is
        not `but`; or None."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            peers = [p for p in self.peers if p.said and not p.closed and
                     p is not but]
            if peers:
                return peers[-1]
            time.sleep(0.02)
        return None

    def dial(self, imsi, text, dcs=gsup.GSM7, **how):
        """A subscriber dials; a Dialogue with whoever is attached."""
        peer = self.wait_peer()
        if peer is None:
            raise TimeoutError("nobody is attached")
        return peer.dial(imsi, text, dcs, **how)

    @property
    def faults(self):
        return [f for p in self.peers for f in p.faults]
