"""Handsets behind a test MME.

An MSC reaches LTE handsets for SMS over SGsAP (3GPP TS 29.118), so it takes no
radio to be one.  A short message goes through these layers:

    SGsAP UNITDATA | CP-DATA (TS 24.011 7.2) | RP-DATA (TS 24.011 7.3) | TPDU

CP is acknowledged hop by hop, RP end to end.  From the handset: CP-DATA with
RP-DATA, answered by CP-ACK and then CP-DATA with RP-ACK or RP-ERROR, which is
what the handset shows as "sent" or "failed".  To the handset: a page, its
SERVICE-REQUEST, then the same the other way round.
"""
import select
import socket
import time

import tpdu

# SGsAP message types, TS 29.118 9.2
PAGING_REQUEST = 0x01
SERVICE_REQUEST = 0x06
DOWNLINK_UNITDATA = 0x07
UPLINK_UNITDATA = 0x08
LOCATION_UPDATE_REQUEST = 0x09
LOCATION_UPDATE_ACCEPT = 0x0a
LOCATION_UPDATE_REJECT = 0x0b
TMSI_REALLOCATION_COMPLETE = 0x0c
RELEASE_REQUEST = 0x1b

# SGsAP information elements, TS 29.118 9.3
IE_IMSI = 0x01
IE_LAI = 0x04
IE_MME_NAME = 0x09
IE_LU_TYPE = 0x0a
IE_MOBILE_IDENTITY = 0x0e
IE_NAS_MESSAGE = 0x16
IE_SERVICE_INDICATOR = 0x20

IMSI_ATTACH = 0x01
SERVICE_SMS = 0x02

MME_NAME = "mmec01.mmegi0001.mme.epc.mnc000.mcc460.3gppnetwork.org"
LAI = bytes.fromhex("64f000" "0001")  # 460-00, area 1

PD_SMS = 0x09
CP_DATA, CP_ACK, CP_ERROR = 0x01, 0x04, 0x10
TI_ANSWERED = 0x80  # set in the TI by the side that did not begin

RP_DATA_UP, RP_DATA_DOWN = 0, 1
RP_ACK_UP, RP_ACK_DOWN = 2, 3
RP_ERROR_DOWN = 5
OUT_OF_ORDER = 38  # RP-Cause, TS 24.011 8.2.5.4

SERVICE_CENTRE = bytes([0x91]) + tpdu.semi_octets("8613800100500")


def tlv(tag, value):
    return bytes([tag, len(value)]) + value


def mobile_identity(imsi):
    """TS 24.008 10.5.1.4: the first digit shares its octet with the type."""
    odd = len(imsi) % 2
    return bytes([int(imsi[0]) << 4 | odd << 3 | 1]) + \
        tpdu.semi_octets(imsi[1:])


def dns_name(name):
    return b"".join(bytes([len(p)]) + p.encode() for p in name.split("."))


class Phone:
    """One subscriber's handset.

    received  every SMS-DELIVER that came, in order
    results   of what it sent, one at a time: {RP reference: 0 for RP-ACK,
              else the cause of the RP-ERROR or "CP-ERROR …"}
    """

    def __init__(self, mme, imsi, msisdn):
        self.mme, self.imsi, self.msisdn = mme, imsi, msisdn
        self.attached = None
        self.received = []
        self.results = {}
        self.reference = 0
        mme.phones[mobile_identity(imsi)] = self

    def attach(self):
        self.mme.send(LOCATION_UPDATE_REQUEST, self,
                      tlv(IE_MME_NAME, dns_name(MME_NAME))
                      + tlv(IE_LU_TYPE, bytes([IMSI_ATTACH]))
                      + tlv(IE_LAI, LAI))

    def submit(self, destination, text):
        """Send a short message, to a number as dialled; returns the
        reference of its result."""
        self.reference += 1
        data = tpdu.submit(self.reference, destination, text)
        self.cp(self.reference % 7, CP_DATA,
                bytes([RP_DATA_UP, self.reference, 0])
                + bytes([len(SERVICE_CENTRE)]) + SERVICE_CENTRE
                + bytes([len(data)]) + data)
        return self.reference

    def messages(self, repeats=False):
        return tpdu.reassemble(self.received, repeats)

    def cp(self, transaction, kind, rpdu=None):
        body = b"" if rpdu is None else bytes([len(rpdu)]) + rpdu
        nas = bytes([transaction << 4 | PD_SMS, kind]) + body
        self.mme.send(UPLINK_UNITDATA, self, tlv(IE_NAS_MESSAGE, nas))

    def downlink(self, nas):
        assert nas[0] & 15 == PD_SMS, nas.hex()
        transaction = nas[0] >> 4 ^ TI_ANSWERED >> 4
        if nas[1] == CP_ACK:
            return
        if nas[1] == CP_ERROR:
            self.results[self.reference] = f"CP-ERROR {nas[2:].hex()}"
            return
        rpdu = nas[3:3 + nas[2]]
        assert nas[1] == CP_DATA and len(rpdu) == nas[2], nas.hex()
        self.cp(transaction, CP_ACK)
        kind, reference = rpdu[0] & 7, rpdu[1]
        if kind == RP_DATA_DOWN:
            self.received.append(tpdu.parse_deliver(user_data(rpdu)))
            self.cp(transaction, CP_DATA, bytes([RP_ACK_UP, reference]))
        elif kind == RP_ACK_DOWN:
            self.results[reference] = 0
        else:
            assert kind == RP_ERROR_DOWN, rpdu.hex()
            self.results[reference] = rpdu[3]


def user_data(rpdu):
    """RP-DATA to the handset: type, reference, LV originator, LV destination
    (empty), LV user data."""
    at = 2
    for _ in range(2):
        at += 1 + rpdu[at]
    data = rpdu[at + 1:]
    assert len(data) == rpdu[at], rpdu.hex()
    return data


class Mme:
    """The SGs association; messages are framed as sctp_tcp.c does."""

    def __init__(self, address, port):
        self.sock = socket.create_connection((address, port), 10)
        self.buffer = b""
        self.phones = {}

    def send(self, kind, phone, elements):
        message = bytes([kind]) + \
            tlv(IE_IMSI, mobile_identity(phone.imsi)) + elements
        self.sock.sendall(len(message).to_bytes(2, "big") + message)

    def run(self, condition, timeout):
        """Be the MME until condition() is true; returns its last value."""
        end = time.monotonic() + timeout
        while not condition():
            left = end - time.monotonic()
            if left <= 0:
                return condition()
            if select.select([self.sock], [], [], min(left, 0.1))[0]:
                self.read()
        return condition()

    def read(self):
        data = self.sock.recv(65536)
        assert data, "the MSC closed the SGs association"
        self.buffer += data
        while len(self.buffer) >= 2:
            length = int.from_bytes(self.buffer[:2], "big")
            if len(self.buffer) < 2 + length:
                break
            message = self.buffer[2:2 + length]
            self.buffer = self.buffer[2 + length:]
            self.dispatch(message[0], tpdu.information_elements(message[1:]))

    def dispatch(self, kind, elements):
        phone = self.phones[elements[IE_IMSI]]
        if kind == LOCATION_UPDATE_ACCEPT:
            phone.attached = True
            if IE_MOBILE_IDENTITY in elements:
                self.send(TMSI_REALLOCATION_COMPLETE, phone, b"")
        elif kind == LOCATION_UPDATE_REJECT:
            phone.attached = False
        elif kind == PAGING_REQUEST:
            assert elements[IE_SERVICE_INDICATOR][0] == SERVICE_SMS
            self.send(SERVICE_REQUEST, phone,
                      tlv(IE_SERVICE_INDICATOR, bytes([SERVICE_SMS])))
        elif kind == DOWNLINK_UNITDATA:
            phone.downlink(elements[IE_NAS_MESSAGE])
        else:
            assert kind == RELEASE_REQUEST, \
                f"SGsAP message {kind:#x}: {elements}"


class Sent:
    """A short message: .status is None until the handset shows what became
    of it, then as in Phone.results."""

    def __init__(self, phone, destination, text):
        self.phone, self.destination, self.text = phone, destination, text
        self.submit()

    def submit(self):
        self.reference = self.phone.submit(self.destination, self.text)

    @property
    def status(self):
        return self.phone.results.get(self.reference)


class Subscribers:
    """Many handsets on one association, {MSISDN: Phone}, whose users send to
    one code, mostly, and again what was not sent."""

    # How many send at once.  osmo-msc's queue to an ESME holds ten PDUs, one
    # text makes two (alert_notification, deliver_sm), and its answers to
    # submit_sm go the same way.  A deliver_sm that finds no room there never
    # leaves: osmo-msc keeps the text, and tells the handset that it was sent.
    AT_ONCE = 4
    TRIES = 3

    def __init__(self, mme, phones, code):
        self.mme, self.phones, self.code = mme, phones, code

    def attach(self, timeout=20):
        """Each as soon as it may; true if all are."""
        phones = list(self.phones.values())
        for i in range(0, len(phones), self.AT_ONCE):
            batch = phones[i:i + self.AT_ONCE]
            for phone in batch:
                phone.attach()
            self.mme.run(lambda: all(p.attached for p in batch), timeout)
        return all(p.attached for p in phones)

    def wait(self, condition, timeout=10):
        return self.mme.run(condition, timeout)

    def send(self, number, text, code=None):
        return Sent(self.phones[number], code or self.code, text)

    def again(self, sent, cut=False):
        """Once the handset shows that it failed.  It does not when the ESME's
        connection is cut, for osmo-msc then forgets what was unanswered; the
        handset's own timer would, after 35 s (TR1M, TS 24.011 10)."""
        if not cut:
            self.wait(lambda: sent.status is not None)
            assert sent.status, "it has not failed"
        sent.submit()

    def send_all(self, numbers, text):
        all_sent, waiting, flying, tries = [], list(numbers), [], 0
        while waiting or flying:
            while waiting and len(flying) < self.AT_ONCE:
                flying.append(self.send(waiting.pop(0), text))
                all_sent.append(flying[-1])
            self.wait(lambda: any(s.status is not None for s in flying))
            for sent in [s for s in flying if s.status != 0 and
                         s.status is not None]:
                tries += 1
                assert tries <= self.TRIES * len(numbers), "none is sent"
                sent.submit()
            flying = [s for s in flying if s.status is None]
        return all_sent

    def texts(self, number):
        return ["".join(part.text for part in parts)
                for parts in self.phones[number].messages(repeats=True)]
