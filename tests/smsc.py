"""A simulated SMSC for behaviour tests and the demo.

    smsc = Smsc()                                   listens on smsc.port
    sent = smsc.send("8613800000001", "10086", "CXMYD#1234")
    smsc.wait_text("8613800000001")                 the whole answer
    sent.wait()                                     status of deliver_sm_resp

Everything that can go wrong on such a link can be had on purpose: see
Smsc.bind_status, .silent, .on_submit, .redeliver and Link.write, .cut.
With `tls`, an ssl.SSLContext, it speaks TLS (pki.py makes one).
Each link has a thread that reads; one lock, Smsc.changed, guards all state.
"""
import collections
import contextlib
import os
import select
import socket
import ssl
import struct
import sys
import threading
import time

from smpp import (ESME_RALYBND, ESME_RINVBNDSTS, ESME_RINVCMDID,
                  ESME_RINVPASWD, ESME_RINVSRCADR, ESME_ROK, MAX_PDU, UDHI,
                  BadPdu, Inbox, Pdu, decode, text_encode)
from wire import Recording


BUSY = "人数较多"                      # in every busy text, in Chinese


def later(seconds, call, *args):
    timer = threading.Timer(seconds, call, args)
    timer.daemon = True
    timer.start()


class Request:
    """A request of ours: .status and .resp when the answer came; .again: how
    often it was sent once more for want of one."""

    def __init__(self, smsc, pdu):
        self.smsc, self.pdu, self.link = smsc, pdu, None
        self.again = 0
        self.resp = self.sent_at = self.answered_at = None

    @property
    def status(self):
        return self.resp.status if self.resp else None

    def wait(self, timeout=10):
        """The status of the answer, None if there is none in time."""
        self.smsc.wait(lambda: self.resp, timeout)
        return self.status


class Submit:
    """A submit_sm that came: .pdu, .link, .answered, and the .message_id that
    it was given."""

    def __init__(self, smsc, link, pdu):
        self.smsc, self.link, self.pdu = smsc, link, pdu
        self.answered = False
        self.message_id = ""

    def answer(self, status=ESME_ROK, body=None, after=0, message_id=None):
        """Answer it; a body goes with success only (4.4.2) unless said."""
        if after:
            later(after, self.answer, status, body, 0, message_id)
            return
        if body is None:
            body = not status
        fields = {}
        if body:
            if message_id is None:
                message_id = self.smsc.next_message_id()
            fields["message_id"] = self.message_id = message_id
        with self.smsc.changed:
            self.answered = True
            self.smsc.take(self, status)
            self.link.respond(self.pdu, status, **fields)


Logged = collections.namedtuple("Logged", "at link inbound pdu octets")


class Link:
    """One TCP connection of an ESME: .mode (None until bound), .closed;
    .tls_ended when TLS was ended in good order."""

    def __init__(self, smsc, sock, number):
        self.smsc, self.sock, self.number = smsc, sock, number
        self.mode = self.bind = None
        self.closed = self.tls_ended = False
        self.seq = 0
        self.requests = {}                # ours, unanswered, by sequence
        self.held = []                    # theirs, with Smsc.in_turn
        self.outstanding = self.most_outstanding = 0
        self.writing = threading.Lock()
        self.record = smsc.recording.stream()
        threading.Thread(target=self._read, daemon=True).start()

    def can_receive(self):
        return not self.closed and self.mode in ("receiver", "transceiver")

    # Out.

    def prepare(self, name, tlvs=(), **fields):
        """A request ready to be written by other means; its octets are
        .pdu.encode()."""
        with self.smsc.changed:
            self.seq = self.seq % 0x7FFFFFFF + 1
            request = Request(self.smsc, Pdu(name, self.seq, 0, tlvs,
                                             **fields))
            self._register(request)
        return request

    def request(self, name, tlvs=(), **fields):
        request = self.prepare(name, tlvs, **fields)
        self.put(request.pdu)
        return request

    def resend(self, request):
        """The same request as a new one on this link: one that was not
        answered, or was refused."""
        with self.smsc.changed:
            request.again += request.resp is None
            request.resp = None
            self.seq = self.seq % 0x7FFFFFFF + 1
            request.pdu.seq = self.seq
            self._register(request)
        self.put(request.pdu)

    def _register(self, request):
        request.link, request.sent_at = self, time.monotonic()
        self.requests[request.pdu.seq] = request

    def respond(self, pdu, status=ESME_ROK, tlvs=(), **fields):
        """The response to a PDU; without fields a header alone."""
        if pdu.name == "submit_sm":
            self.outstanding -= 1
        self.put(Pdu(pdu.name + "_resp", pdu.seq, status, tlvs, **fields))

    def nack(self, status, seq=0):
        self.put(Pdu("generic_nack", seq, status))

    def put(self, pdu):
        octets = pdu.encode()
        self.smsc.note(self, False, pdu, octets)
        self.write(octets)

    def write(self, octets, each=None, pause=0.001):
        """Octets as they are; `each` at a time if given."""
        with self.writing, contextlib.suppress(OSError):
            for i in range(0, len(octets), each or len(octets) or 1):
                self.sock.sendall(octets[i:i + (each or len(octets))])
                if each:
                    time.sleep(pause)

    def cut(self, reset=False):
        """End the connection, by RST if asked; of TLS without a word."""
        with contextlib.suppress(OSError):
            if reset:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack("ii", 1, 0))
                # wakes the reader, who would keep it open
                socket.socket.shutdown(self.sock, socket.SHUT_RD)
                self.sock.close()
            else:
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        self._gone()

    def end_tls(self):
        """End TLS in good order; whether the ESME did so too."""
        with self.writing:
            try:
                self.sock.settimeout(10)
                self.sock.unwrap()
                self.tls_ended = True
            except OSError:
                pass
        self._gone()
        return self.tls_ended

    def unbind(self, timeout=10):
        """Ask the ESME to go (4.2); the status of its answer."""
        return self.request("unbind").wait(timeout)

    # In.

    def _recv(self):
        """What is there, at least an octet; b"" at the end."""
        if not isinstance(self.sock, ssl.SSLSocket):
            return self.sock.recv(65536)
        # One thread at a time may use it, and it is written to as well.
        if not self.sock.pending():
            select.select([self.sock], [], [])
        with self.writing:
            octets = b"" if self.closed else self.sock.recv(65536)
            self.tls_ended |= not octets
            return octets

    def _read(self):
        held = b""
        with contextlib.suppress(OSError, ValueError):
            while octets := self._recv():
                self.record.octets(octets)
                held = self._parse(held + octets)
        if held:
            self.smsc.fault(self, f"{len(held)} octets left at the end")
        self._gone()

    def _parse(self, held):
        """Take every whole PDU; returns the rest."""
        while len(held) >= 4:
            length = int.from_bytes(held[:4], "big")
            if not 16 <= length <= MAX_PDU:
                self.smsc.fault(self, f"command_length {length}")
                self.cut()
                return b""
            if len(held) < length:
                break
            self._receive(held[:length])
            held = held[length:]
        return held

    def _receive(self, octets):
        self.record.pdu(octets)
        try:
            pdu = decode(octets)
        except BadPdu as bad:
            self.smsc.fault(self, f"{bad}: {octets.hex(' ')}")
            self.nack(bad.status, int.from_bytes(octets[12:16], "big"))
            return
        with self.smsc.changed:
            if self.closed:
                return                    # we have ended it
            self.smsc.note(self, True, pdu, octets)
            if pdu.name.endswith("_resp") or pdu.name == "generic_nack":
                self._answered(pdu)
            else:
                self.held.append(pdu)
            self._serve_held()
            self.smsc.changed.notify_all()

    def _serve_held(self):
        """What they ask for; with Smsc.in_turn once all of ours is
        answered."""
        while self.held and not (self.smsc.in_turn and self.requests):
            pdu = self.held.pop(0)
            if pdu.name not in self.smsc.silent:
                self.smsc.serve(self, pdu)

    def _answered(self, pdu):
        request = self.requests.pop(pdu.seq, None)
        if request is None:
            if pdu.name != "generic_nack":
                self.smsc.fault(self, f"{pdu!r} answers nothing")
        elif pdu.name not in (request.pdu.name + "_resp", "generic_nack"):
            self.smsc.fault(self, f"{pdu!r} answers {request.pdu.name}")
        elif pdu.status in self.smsc.again:
            self.smsc.put_off += 1
            later(0.2, self.resend, request)
        else:
            request.resp, request.answered_at = pdu, time.monotonic()

    def _gone(self):
        with self.smsc.changed:
            self.closed, self.mode = True, None
            self.smsc.redeliver_over(self.smsc.later_than(self))
            self.smsc.changed.notify_all()
        with contextlib.suppress(OSError):
            self.sock.close()


class Smsc:
    """An SMSC that listens on (address, port); port 0 chooses one.

    bind_status   status of a bind, ESME_ROK unless set; wrong credentials
                  are refused by themselves
    bind_body     False: a refused bind is answered by a header alone
    name          its system_id in the response to a bind
    silent        names of requests that get no answer at all
    in_turn       handle nothing on a link while a request of ours on it, as a
                  deliver_sm, is unanswered
    on_submit     called with a Submit; returns the status to answer, or None
                  when it is answered later, or never, by Submit.answer
    sources       if not None, the only source addresses a submit_sm may have
    alphabet      what data_coding 0 of a submit_sm means: gsm7, ascii, latin-1
    redeliver     send deliver_sm that were not answered again after a bind, or
                  over a later bind that came before its link was seen to end
    again         statuses upon which a request of ours is sent again after a
                  while, and nobody is given them; put_off: how often that was.
                  Where carriers are served beside each other, any text may be
                  refused for now: a disk that hangs opens a breaker.
    log           every PDU, Logged; faults: what the ESME did wrong, in words
    links         all there were; submits: every Submit
    refused       why a TLS handshake failed, of each that did
    """

    def __init__(self, address="127.0.0.1", port=0, system_id="tc",
                 password="secret", tls=None):
        self.system_id, self.password, self.tls = system_id, password, tls
        self.bind_status, self.bind_body = ESME_ROK, True
        self.name = "SIMULATOR"
        self.silent, self.sources, self.redeliver = set(), None, False
        self.again, self.put_off = set(), 0
        self.in_turn = False
        self.alphabet = "gsm7"
        self.on_submit = lambda submit: ESME_ROK
        self.log, self.faults, self.links, self.submits = [], [], [], []
        self.refused = []
        self.inbox = Inbox()
        self.messages = self.inbox.messages
        self._taken = 0                  # message_ids
        self._unread = []
        self._requests = []              # every deliver_sm and data_sm
        self.changed = threading.Condition(threading.RLock())
        self.sock = None
        self.recording = Recording(os.path.basename(sys.argv[0]))
        self.address, self.port = address, port
        self.listen()

    # Life.

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
                if self.tls:
                    try:
                        sock = self.tls.wrap_socket(
                            sock, server_side=True,
                            suppress_ragged_eofs=False)
                    except OSError as error:
                        with self.changed:
                            self.refused.append(str(error))
                            self.changed.notify_all()
                        continue
                with self.changed:
                    self.links.append(Link(self, sock, len(self.links) + 1))
                    self.changed.notify_all()

    def close(self):
        """Stop listening and cut every link."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        for link in self.links:
            link.cut()

    # Waiting and looking.

    def wait(self, condition, timeout=10):
        """Until condition() is true; returns its last value."""
        with self.changed:
            self.changed.wait_for(condition, timeout)
            return condition()

    def wait_link(self, count=1, timeout=20):
        """The newest of at least `count` links that receive, or None."""
        def bound():
            links = [l for l in self.links if l.can_receive()]
            return links[-1] if len(links) >= count else None
        return self.wait(bound, timeout)

    def seen(self, name, inbound=True):
        """The PDUs of that name the ESME sent (or was sent)."""
        with self.changed:
            return [e.pdu for e in self.log
                    if e.pdu.name == name and e.inbound == inbound]

    def note(self, link, inbound, pdu, octets):
        with self.changed:
            self.log.append(Logged(time.monotonic(), link, inbound, pdu,
                                   octets))
            self.changed.notify_all()

    def fault(self, link, what):
        with self.changed:
            self.faults.append(f"link {link.number}: {what}")
            self.changed.notify_all()

    # Subscribers.

    def send(self, source, dest, text="", data_coding=None, esm_class=0,
             udh=b"", tlvs=(), link=None, command="deliver_sm", **fields):
        """A subscriber texts: deliver_sm, or data_sm, on a bound link; a
        Request."""
        octets = text
        if isinstance(text, str):
            octets, data_coding = text_encode(text, data_coding)
        link = link or self.wait_link()
        if link is None:
            raise TimeoutError("no link is bound that could receive")
        fields = {"source_addr_ton": 1, "source_addr_npi": 1,
                  "dest_addr_ton": 0, "dest_addr_npi": 1, **fields}
        if command == "data_sm":
            tlvs = dict(tlvs) | {"message_payload": udh + octets}
        else:
            fields["short_message"] = udh + octets
        with self.changed:             # a bind delivers all there are again
            request = link.prepare(
                command, tlvs, source_addr=source, destination_addr=dest,
                esm_class=esm_class | (UDHI if udh else 0),
                data_coding=data_coding or 0, **fields)
            self._requests.append(request)
        link.put(request.pdu)
        return request

    def receipt(self, submit, stat="DELIVRD", name=None, text=None,
                esm_class=4, **how):
        """What became of a message (5.2.12), as in Appendix B unless another
        text is given; name: its message_id, if not the one it was given."""
        if text is None:
            text = f"id:{submit.message_id if name is None else name} " \
                "sub:001 dlvrd:001 submit date:2611220800 " \
                f"done date:2611220801 stat:{stat} err:000 text:"
        return self.send(submit.pdu["destination_addr"],
                         submit.pdu["source_addr"], text.encode(),
                         esm_class=esm_class, **how)

    def ask(self, source, text, dest="10086", **how):
        """The answer to a text; None if there is none, or no deliver_sm_resp
        with status 0."""
        sent = self.send(source, dest, text, **how)
        answer = self.wait_text(source)
        return answer if sent.wait() == ESME_ROK else None

    def unanswered(self, source, text, dest="10086", **how):
        """Whether a text is acknowledged and nothing comes back."""
        sent = self.send(source, dest, text, **how)
        return sent.wait() == ESME_ROK and \
            self.wait_text(source, 0.3) is None

    def wait_message(self, number, timeout=10):
        """The next whole message to a number that was not yet taken, or
        None."""
        def find():
            return next((m for m in self._unread if m.number == number), None)
        with self.changed:
            message = self.wait(find, timeout)
            if message:
                self._unread.remove(message)
            return message

    def wait_text(self, number, timeout=10):
        message = self.wait_message(number, timeout)
        return message.text if message else None

    def messages_to(self, number):
        with self.changed:
            return [m for m in self.messages if m.number == number]

    def answers_to(self, number):
        """Those that are no busy text, which any refusal may come with."""
        return [m for m in self.messages_to(number) if BUSY not in m.text]

    # What the ESME asks for.

    def serve(self, link, pdu):
        if pdu.name in ("bind_receiver", "bind_transmitter",
                        "bind_transceiver"):
            self._bind(link, pdu)
        elif pdu.name == "enquire_link":
            link.respond(pdu)
        elif pdu.name == "unbind":
            link.respond(pdu)
            link.mode = None
        elif pdu.name == "submit_sm":
            self._submit(link, pdu)
        else:
            self.fault(link, f"{pdu!r} from an ESME")
            link.nack(ESME_RINVCMDID, pdu.seq)

    def _bind(self, link, pdu):
        status = self.bind_status
        if link.mode:
            status = ESME_RALYBND
        elif pdu["system_id"] != self.system_id or \
                pdu["password"] != self.password:
            status = status or ESME_RINVPASWD
        if status:
            link.respond(pdu, status,
                         **{"system_id": ""} if self.bind_body else {})
            return
        link.bind, link.mode = pdu, pdu.name.removeprefix("bind_")
        link.respond(pdu, tlvs={"sc_interface_version": 0x34},
                     system_id=self.name)
        self.changed.notify_all()
        self.redeliver_over(link)

    def later_than(self, link):
        """The newest link that receives and began after that one, or None."""
        return next((l for l in reversed(self.links)
                     if l.can_receive() and l.number > link.number), None)

    def redeliver_over(self, link):
        if not self.redeliver or link is None or not link.can_receive():
            return
        for request in self._requests:
            if request.resp is None and request.link.closed:
                link.resend(request)

    def _submit(self, link, pdu):
        submit = Submit(self, link, pdu)
        self.submits.append(submit)
        link.outstanding += 1
        link.most_outstanding = max(link.most_outstanding, link.outstanding)
        if link.mode not in ("transmitter", "transceiver"):
            self.fault(link, "submit_sm on a link not bound for it")
            status = ESME_RINVBNDSTS
        elif self.sources is not None and \
                pdu["source_addr"] not in self.sources:
            self.fault(link, f"source address {pdu['source_addr']!r}")
            status = ESME_RINVSRCADR
        else:
            status = self.on_submit(submit)
        if status is not None:
            submit.answer(status)

    def next_message_id(self):
        with self.changed:
            self._taken += 1
            return f"{self._taken:08X}"

    def take(self, submit, status):
        """What was accepted goes to the phone, which puts parts together;
        what is said by USSD is for handset.py."""
        if status or submit.pdu.tlv("ussd_service_op") is not None:
            return
        try:
            message = self.inbox.take(submit.pdu, self.alphabet)
        except (ValueError, KeyError, IndexError) as bad:
            self.fault(submit.link, f"{bad}: {submit.pdu!r}")
            return
        if message:
            self._unread.append(message)
            self.changed.notify_all()
