"""A GSUP link that is listened to: what attaches here is attached to the HLR,
and each frame, either way, is recorded for tshark (wire.py)."""
import contextlib
import os
import socket
import sys
import threading

import gsup
import wire


class Relay:
    """Listens on (address, port), for the HLR on (address, hlr_port)."""

    def __init__(self, address, hlr_port):
        self.address, self.hlr_port = address, hlr_port
        self.recording = wire.Recording(os.path.basename(sys.argv[0]))
        self.frames = 0                    # that were passed on
        self.bad = []                      # those that were no GSUP, in words
        self.sock = socket.create_server((address, 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            ours, _ = self.sock.accept()
            try:
                hlr = socket.create_connection((self.address, self.hlr_port))
            except OSError:                # it is not there: nor are we
                ours.close()
                continue
            stream = self.recording.stream(wire.GSUP)
            for ends in ((ours, hlr, False), (hlr, ours, True)):
                ends[0].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._pass_on, args=(stream, *ends),
                                 daemon=True).start()

    def _pass_on(self, stream, source, dest, back):
        held = b""
        with contextlib.suppress(OSError):
            while octets := source.recv(65536):
                held = self._record(stream, held + octets, back)
                dest.sendall(octets)
        for sock in (source, dest):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _record(self, stream, held, back):
        while taken := gsup.take_frame(held):
            proto, payload, rest = taken
            stream.octets(held[:len(held) - len(rest)], back)
            self.frames += 1
            if proto == gsup.OSMO:
                try:
                    m = gsup.read_gsup(payload[1:])
                    stream.message(gsup.TYPES.get(m.name, m.name),
                                   m.session or 0)
                except (gsup.Bad, LookupError) as bad:
                    self.bad.append(f"{bad!r}: {payload.hex(' ')}")
            held = rest
        return held
