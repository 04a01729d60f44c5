"""Net::SMPP, Debian's libnet-smpp-perl, as the SMSC: smsc.pl, and behind it
the subscribers' phones."""
import contextlib
import json
import os
import threading
import time

import tap
from smpp import Inbox, Pdu, text_encode
from trips import CODE, PASSWORD, SYSTEM_ID

SMSC = os.path.join(tap.ROOT, "tests/peer/smsc.pl")


class Sent:
    """A deliver_sm: its .status when it was answered, else None."""

    def __init__(self, fields):
        self.fields, self.seq, self.status = fields, None, None


class NetSmpp:
    """pdus      every PDU of the ESME as smsc.pl told it: a dictionary
    messages  what reached the phones, whole
    """

    def __init__(self, port):
        self.process = tap.start("perl", SMSC, tap.ADDR, str(port), SYSTEM_ID,
                                 PASSWORD, log="smsc.log", talk=True)
        self.changed = threading.Condition(threading.RLock())
        self.pdus, self.sent, self.gone = [], [], 0
        self.inbox = Inbox()
        self.messages = self.inbox.messages
        self.listening = False
        threading.Thread(target=self._read, daemon=True).start()

    def wait(self, condition, timeout=10):
        """Until condition() is true; returns its last value.  It may look at
        more than what is told here, so it is asked every now and then."""
        end = time.monotonic() + timeout
        with self.changed:
            while not condition() and (left := end - time.monotonic()) > 0:
                self.changed.wait(min(left, 0.02))
            return condition()

    # What it says.

    def _read(self):
        with contextlib.suppress(ValueError):
            for line in self.process.stdout:
                with self.changed:
                    self._take(json.loads(line))
                    self.changed.notify_all()

    def _take(self, said):
        if "listening" in said:
            self.listening = True
        elif "sent" in said:
            self.sent[said["sent"]].seq = said["seq"]
        elif "gone" in said:
            self.gone += 1
            for sent in self.sent:     # an answer would not be to it
                sent.seq = None
        else:
            self.pdus.append(said)
            if said["pdu"] == "deliver_sm_resp":
                self._acknowledged(said)
            elif said["pdu"] == "submit_sm" and said["answered"] == 0:
                fields = said["fields"]
                fields["short_message"] = \
                    fields["short_message"].encode("latin-1")
                self.inbox.take(Pdu("submit_sm", said["seq"], **fields))

    def _acknowledged(self, said):
        for sent in self.sent:
            if sent.seq == said["seq"] and sent.status is None:
                sent.status = said["status"]

    def seen(self, name):
        with self.changed:
            return [p for p in self.pdus if p["pdu"] == name]

    # What it is told.

    def _tell(self, **what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def binds(self, status=0, bare=False):
        """How binds are answered from now on."""
        self._tell(bind=status, bare=bare)

    def submits(self, status=0, bare=False):
        self._tell(submit=status, bare=bare)

    def deliver(self, **fields):
        """Send a deliver_sm; a Sent."""
        sent = Sent(fields)
        with self.changed:
            self.sent.append(sent)
        self._put(sent)
        return sent

    def _put(self, sent):
        octets = {k: v.decode("latin-1") if isinstance(v, bytes) else v
                  for k, v in sent.fields.items()}
        self._tell(deliver=octets, id=self.sent.index(sent))

    # The subscribers.

    def send(self, number, text, code=CODE):
        octets, data_coding = text_encode(text)
        return self.deliver(
            source_addr_ton=1, source_addr_npi=1, source_addr=number,
            dest_addr_npi=1, destination_addr=code, data_coding=data_coding,
            short_message=octets)

    def receipt(self, pdu, state, tlvs=True):
        """Tells the ESME what became of its submit_sm: a final state's
        number and its name in a text (Appendix B)."""
        number, name = state
        sent, message_id = pdu["fields"], f"{pdu['seq']:08X}"
        parameters = {"receipted_message_id": message_id + "\0",
                      "message_state": bytes([number])} if tlvs else {}
        return self.deliver(
            source_addr_ton=1, source_addr_npi=1,
            source_addr=sent["destination_addr"],
            dest_addr_npi=1, destination_addr=sent["source_addr"],
            esm_class=4, short_message=(
                f"id:{message_id} sub:001 dlvrd:001 submit date:2611220800 "
                f"done date:2611220801 stat:{name} err:000 text:"),
            **parameters)

    def again(self, sent, cut=False):
        """The SMSC has no acknowledgement, and sends it again."""
        del cut
        with self.changed:
            sent.seq = sent.status = None
        self._put(sent)

    def texts(self, number):
        with self.changed:
            return [m.text for m in self.messages if m.number == number]

    def send_all(self, numbers, text):
        sent = [self.send(n, text) for n in numbers]
        self.wait(lambda: all(s.status is not None for s in sent), 60)
        return sent
