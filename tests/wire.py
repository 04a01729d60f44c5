"""What the tests' SMSCs and HLRs receive from our gateways, recorded for
tshark.

    recording = Recording("140-outbox")
    stream = recording.stream()                one a connection
    stream.octets(data)                        as they came off the wire
    stream.octets(data, back=True)             as they went to the gateway
    stream.message(kind, serial)               a whole message among them

The octets go into $TEST_PCAP/NAME-PID-N.pcap, each connection as a client of
its own that the file makes up; the messages, as the other end told them apart
(a PDU's command_id and sequence_number, a GSUP message's type and session
id), into NAME-PID-N.messages, one line each.  tests/system/990-tshark reads
both when all other tests are over.  Without $TEST_PCAP nothing is recorded.
"""
import itertools
import os
import random
import struct
import time

SMPP, GSUP = 2775, 4222                # ports, whatever is listened on
SERVER = bytes([10, 0, 0, 1])
SYN, ACK = 0x02, 0x10
CHUNK = 32768                          # octets in one made-up packet
FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)

_serial = itertools.count(1)


class Recording:
    """name: None to record nothing."""

    def __init__(self, name, folder=None):
        folder = folder or os.environ.get("TEST_PCAP")
        self.pcap = self.messages = None
        if folder and name:
            base = f"{folder}/{name}-{os.getpid()}-{next(_serial)}"
            self.pcap = self._open(base + ".pcap")
            self.messages = self._open(base + ".messages")
            os.write(self.pcap, FILE_HEADER)

    @staticmethod
    def _open(path):
        """Every write whole and at once: a test may be ended at any time."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL |
                       os.O_APPEND | os.O_CLOEXEC, 0o600)

    def stream(self, server_port=SMPP):
        return Stream(self, server_port)


class Stream:
    """One connection, from a gateway to a server of the tests."""

    def __init__(self, recording, server_port):
        self.to, self.server_port = recording, server_port
        self.client = bytes([10, *random.randbytes(3)])
        self.port = random.randint(49152, 65535)
        self.seq = [1, 1]                  # of what comes, of what goes back
        self._packet(SYN, b"", False, 0)

    def octets(self, data, back=False):
        for i in range(0, len(data), CHUNK):
            part = data[i:i + CHUNK]
            self._packet(ACK, part, back, self.seq[back])
            self.seq[back] += len(part)

    def pdu(self, octets):
        """A whole one of SMPP."""
        _, command, _, seq = struct.unpack(">IIII", octets[:16])
        self.message(command, seq)

    def message(self, kind, serial):
        if self.to.messages is not None:
            client = ".".join(map(str, self.client))
            os.write(self.to.messages,
                     f"{client} {kind:#x} {serial}\n".encode())

    def _packet(self, flags, data, back, seq):
        """A record of the file: IPv4, TCP, data.  The checksums are 0, which
        a reader takes for left to the network card."""
        if self.to.pcap is None:
            return
        size = 40 + len(data)
        now = time.time_ns() // 1000
        ends = [(self.client, self.port), (SERVER, self.server_port)]
        source, dest = reversed(ends) if back else ends
        os.write(self.to.pcap, b"".join((
            struct.pack("<IIII", now // 10**6, now % 10**6, size, size),
            struct.pack(">BBHHHBBH", 0x45, 0, size, 0, 0, 64, 6, 0),
            source[0], dest[0],
            struct.pack(">HHIIBBHHH", source[1], dest[1], seq & 0xFFFFFFFF,
                        self.seq[not back] & 0xFFFFFFFF
                        if flags & ACK else 0, 0x50, flags, 65535, 0, 0),
            data)))


NOWHERE = Recording(None)
