"""What the tests' SMSCs receive from smsc-gw, recorded for tshark.

    recording = Recording("140-outbox")
    stream = recording.stream()                one a connection
    stream.octets(data)                        as they came off the wire
    stream.pdu(octets)                         a whole PDU among them

The octets go into $TEST_PCAP/NAME-PID-N.pcap, each connection as a client of
its own that the file makes up; the PDUs, as the SMSC told them apart, into
NAME-PID-N.pdus, one line each.  tests/system/990-tshark reads both when all
other tests are over.  Without $TEST_PCAP nothing is recorded.
"""
import itertools
import os
import random
import struct
import time

PORT = 2775                            # SMPP's, whatever the SMSC listens on
SERVER = bytes([10, 0, 0, 1])
SYN, ACK = 0x02, 0x10
CHUNK = 32768                          # octets in one made-up packet
FILE_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)

_serial = itertools.count(1)


class Recording:
    def __init__(self, name, folder=None):
        folder = folder or os.environ.get("TEST_PCAP")
        self.pcap = self.pdus = None
        if folder:
            base = f"{folder}/{name}-{os.getpid()}-{next(_serial)}"
            self.pcap = self._open(base + ".pcap")
            self.pdus = self._open(base + ".pdus")
            os.write(self.pcap, FILE_HEADER)

    @staticmethod
    def _open(path):
        """Every write whole and at once: a test may be ended at any time."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL |
                       os.O_APPEND | os.O_CLOEXEC, 0o600)

    def stream(self):
        return Stream(self)


class Stream:
    """One connection, in the direction from the ESME to the SMSC."""

    def __init__(self, recording):
        self.to, self.seq = recording, 0
        self.client = bytes([10, *random.randbytes(3)])
        self.port = random.randint(1024, 65535)
        self._packet(SYN, b"")
        self.seq += 1

    def octets(self, data):
        for i in range(0, len(data), CHUNK):
            self._packet(ACK, data[i:i + CHUNK])
            self.seq += len(data[i:i + CHUNK])

    def pdu(self, octets):
        if self.to.pdus is None:
            return
        _, command, _, seq = struct.unpack(">IIII", octets[:16])
        client = ".".join(map(str, self.client))
        os.write(self.to.pdus, f"{client} {command:#010x} {seq}\n".encode())

    def _packet(self, flags, data):
        """A record of the file: IPv4, TCP, data.  The checksums are 0, which
        a reader takes for left to the network card."""
        if self.to.pcap is None:
            return
        size = 40 + len(data)
        now = time.time_ns() // 1000
        os.write(self.to.pcap, b"".join((
            struct.pack("<IIII", now // 10**6, now % 10**6, size, size),
            struct.pack(">BBHHHBBH", 0x45, 0, size, 0, 0, 64, 6, 0),
            self.client, SERVER,
            struct.pack(">HHIIBBHHH", self.port, PORT, self.seq & 0xFFFFFFFF,
                        1 if flags & ACK else 0, 0x50, flags, 65535, 0, 0),
            data)))
